#include "probes/async/dialer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <poll.h>

#include "probes/async/event.hpp"
#include "probes/async/fd_watch.hpp"

namespace nines::probes {

namespace {

constexpr std::uint64_t kStaggerNs = 250'000'000;  // RFC 8305, 5: "Connection Attempt Delay"

struct Attempt {
  std::size_t index = 0;  // into tried
  Socket socket;
  std::unique_ptr<FdWatch> watch;  // after the socket: goes first
  bool ready = false;
};

int socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

// Loopback and fast networks connect while connect() runs: asking once saves a turn of the loop.
bool ready_now(int fd) {
  pollfd state{.fd = fd, .events = POLLOUT, .revents = 0};
  return poll(&state, 1, 0) > 0;
}

bool bind_to(int fd, const IpAddress& source) {
  sockaddr_storage from;
  const socklen_t size = source.to_sockaddr(from, 0);
  return bind(fd, reinterpret_cast<const sockaddr*>(&from), size) == 0;
}

class Dialer {
 public:
  Dialer(Loop& loop, std::vector<IpAddress> addresses, int port, std::optional<IpAddress> source)
      : loop_(loop),
        addresses_(std::move(addresses)),
        port_(port),
        source_(source),
        changed_(loop),
        stagger_(loop, changed_) {}

  Task<Dialed> run(Stop stop) {
    while (!result_.socket) {
      while (running_.empty() && next_ < addresses_.size() && !result_.socket) start_next();
      if (result_.socket || running_.empty()) break;
      if (next_ < addresses_.size() && !stagger_.active()) stagger_.start(Loop::now_ns() + kStaggerNs);
      result_.stopped = co_await changed_.wait(stop);
      if (result_.stopped != StopCause::none) break;
      changed_.reset();
      const bool failed = collect();
      if (result_.socket || next_ == addresses_.size()) continue;
      if (failed || !stagger_.active()) {
        stagger_.cancel();
        start_next();
      }
    }
    for (const Attempt& attempt : running_) result_.tried[attempt.index].error = "no answer";
    if (result_.socket || result_.stopped != StopCause::none) result_.reason = Reason::none;
    co_return std::move(result_);
  }

 private:
  void start_next() {
    const IpAddress& address = addresses_[next_];
    const std::size_t index = next_++;
    result_.tried.push_back({address.with_port(port_), {}});
    sockaddr_storage to;
    const socklen_t size = address.to_sockaddr(to, port_);
    Socket socket(::socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return note(index, errno);
    // A source of the other family, or none of this machine's: whatever the system calls it, no fault of the target.
    if (source_ && !bind_to(socket.fd(), *source_)) return note(index, EADDRNOTAVAIL);
    if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&to), size) == 0) return won(index, std::move(socket));
    if (errno != EINPROGRESS) return note(index, errno);
    if (ready_now(socket.fd())) return judge(index, std::move(socket));
    auto& attempt = running_.emplace_back();
    attempt.index = index;
    attempt.socket = std::move(socket);
    attempt.watch =
        std::make_unique<FdWatch>(loop_, attempt.socket.fd(), [this, index](bool, bool) { mark_ready(index); });
    attempt.watch->want(false, true);
  }

  void mark_ready(std::size_t index) {
    for (Attempt& attempt : running_) {
      if (attempt.index != index) continue;
      attempt.ready = true;
      attempt.watch->want(false, false);
    }
    changed_.set();
  }

  // Whether an attempt failed.
  bool collect() {
    bool failed = false;
    for (auto attempt = running_.begin(); attempt != running_.end();) {
      if (!attempt->ready) {
        ++attempt;
        continue;
      }
      attempt->watch.reset();
      Socket socket = std::move(attempt->socket);
      const std::size_t index = attempt->index;
      attempt = running_.erase(attempt);
      if (result_.socket) continue;
      judge(index, std::move(socket));
      failed = failed || !result_.socket;
    }
    return failed;
  }

  void judge(std::size_t index, Socket socket) {
    if (const int error = socket_error(socket.fd()); error != 0) return note(index, error);
    won(index, std::move(socket));
  }

  void won(std::size_t index, Socket socket) {
    result_.socket = std::move(socket);
    result_.address = addresses_[index];
  }

  void note(std::size_t index, int error) {
    result_.tried[index].error = connect_error_text(error);
    const Reason reason = connect_error_reason(error);
    const bool tells_more = is_agent_fault(result_.reason) && !is_agent_fault(reason);
    if (result_.reason == Reason::none || tells_more) result_.reason = reason;
  }

  Loop& loop_;
  std::vector<IpAddress> addresses_;
  int port_;
  std::optional<IpAddress> source_;
  Event changed_;
  AlarmClock stagger_;
  std::size_t next_ = 0;
  Dialed result_;
  std::vector<Attempt> running_;
};

}  // namespace

std::vector<IpAddress> choose_addresses(const std::vector<IpAddress>& resolved, config::IpProtocol protocol,
                                        bool fallback) {
  const auto of_family = [&](int family) {
    std::vector<IpAddress> out;
    std::ranges::copy_if(resolved, std::back_inserter(out), [&](const auto& a) { return a.family == family; });
    return out;
  };
  if (resolved.empty()) return {};
  if (protocol != config::IpProtocol::automatic) {
    const int wanted = protocol == config::IpProtocol::ip4 ? 4 : 6;
    auto chosen = of_family(wanted);
    if (chosen.empty() && fallback) chosen = of_family(wanted == 4 ? 6 : 4);
    return chosen;
  }
  if (resolved.size() == 1) return resolved;
  const int first = resolved.front().family;
  const auto best = of_family(first);
  const auto other = of_family(first == 4 ? 6 : 4);
  std::vector<IpAddress> mixed;
  for (std::size_t i = 0; i < std::max(best.size(), other.size()); ++i) {
    if (i < best.size()) mixed.push_back(best[i]);
    if (i < other.size()) mixed.push_back(other[i]);
  }
  return mixed;
}

// NOLINTNEXTLINE(*-reference-coroutine-parameters): the loop outlives its tasks
Task<Dialed> dial(Loop& loop, std::vector<IpAddress> addresses, int port, std::optional<IpAddress> source, Stop stop) {
  Dialer dialer(loop, std::move(addresses), port, source);
  co_return co_await dialer.run(stop);
}

std::string connect_error_text(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "connection refused";
    case ETIMEDOUT:
      return "connection timed out";
    case EHOSTUNREACH:
      return "no route to host";
    case ENETUNREACH:
      return "network unreachable";
    case ECONNRESET:
      return "connection reset";
    case EMFILE:
    case ENFILE:
      return "the agent is out of file descriptors";
    case EADDRNOTAVAIL:
      return "the agent has no local address or no free port";
    default: {
      char buffer[128] = {};
      return strerror_r(error, buffer, sizeof buffer);
    }
  }
}

Reason connect_error_reason(int error) {
  switch (error) {
    case ECONNREFUSED:
      return Reason::connect_refused;
    case ETIMEDOUT:
      return Reason::connect_timeout;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EAFNOSUPPORT:
      return Reason::connect_unreachable;
    case ECONNRESET:
      return Reason::connect_reset;
    case EMFILE:
    case ENFILE:
      return Reason::agent_descriptors;
    case ENOMEM:
    case ENOBUFS:
      return Reason::agent_memory;
    case EADDRNOTAVAIL:  // no free port, or a `source_ip_address` that this machine has not
    case EINVAL:         // a `source_ip_address` of the other family
      return Reason::agent_network;
    default:
      return Reason::connect_failure;
  }
}

}  // namespace nines::probes
