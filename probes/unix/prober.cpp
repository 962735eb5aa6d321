#include "probes/unix/prober.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fmt/format.h>
#include <sys/un.h>

#include "base/text.hpp"
#include "probes/async/dialer.hpp"
#include "probes/async/event.hpp"
#include "probes/async/off_loop.hpp"
#include "probes/async/stream.hpp"
#include "probes/conversation.hpp"
#include "probes/net/connect.hpp"
#include "probes/target_policy.hpp"

namespace nines::probes {

namespace {

constexpr std::chrono::milliseconds kFullQueue{10};

std::string path_of(std::string_view target) {
  constexpr std::string_view kScheme = "unix://";
  if (target.starts_with(kScheme)) target.remove_prefix(kScheme.size());
  return std::string(target);
}

// unix(7): a name in the abstract space begins with a zero byte, written as @.
bool to_address(const std::string& path, sockaddr_un& out, socklen_t& size) {
  const bool abstract = path.starts_with('@');
  if (path.empty() || path.size() + (abstract ? 0 : 1) > sizeof out.sun_path) return false;
  if (path.find('\0') != std::string::npos) return false;
  out = {};
  out.sun_family = AF_UNIX;
  std::memcpy(out.sun_path, path.data(), path.size());
  if (abstract) out.sun_path[0] = '\0';
  size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return true;
}

Outcome connect_fault(int error, const std::string& path) {
  const auto say = [&](Reason reason, std::string_view what) {
    return Outcome{reason, fmt::format("connect to {}: {}; expected a socket that takes connections", path, what)};
  };
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return say(Reason::connect_failure, "there is no such socket");
    case ECONNREFUSED:
      return say(Reason::connect_refused, "nobody listens on it");
    case EACCES:
    case EPERM:
      return say(Reason::connect_failure, "the agent may not use it");
    case EPROTOTYPE:
      return say(Reason::connect_failure, "it is no stream socket");
    default:
      return say(connect_error_reason(error), connect_error_text(error));
  }
}

struct Opened {
  Socket socket;
  Outcome outcome;
};

// connect() on such a socket is done at once, but for one whose queue is full: no event tells when it has room again.
// NOLINTNEXTLINE(*-reference-coroutine-parameters): the loop outlives its tasks
Task<Opened> open_socket(Loop& loop, std::string path, std::uint64_t began_ns, Stop stop) {
  Opened out;
  sockaddr_un address;
  socklen_t size = 0;
  if (!to_address(path, address, size)) {
    out.outcome = {Reason::connect_failure, fmt::format("`{}` is no target; expected a path of at most {} bytes",
                                                        printable(ellipsize(path, 200)), sizeof address.sun_path - 1)};
    co_return out;
  }
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) {
    out.outcome = connect_fault(errno, path);
    co_return out;
  }
  while (::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    if (errno != EAGAIN) {
      out.outcome = connect_fault(errno, printable(path));
      co_return out;
    }
    const StopCause cause = co_await sleep(loop, kFullQueue, stop);
    if (cause == StopCause::none) continue;
    out.outcome = stop_outcome(cause, Reason::connect_timeout,
                               fmt::format("connect to {}: its queue was full for {}; expected a connection",
                                           printable(path), budget_text(stop, began_ns)));
    co_return out;
  }
  out.socket = std::move(socket);
  co_return out;
}

struct Approved {
  std::string path;  // what may be connected to
  Outcome outcome;
};

// What is judged is what is connected to: the guard sees the path as it was asked for and as its symbolic links lead.
// NOLINTNEXTLINE(*-reference-coroutine-parameters): the loop outlives its tasks, the policy the probe
Task<Approved> approve(Loop& loop, std::string path, const TargetPolicy& policy) {
  if (auto why = policy.refusal_of_path(path)) co_return Approved{{}, {Reason::address_denied, std::move(*why)}};
  if (path.starts_with('@') || path.find('\0') != std::string::npos) co_return Approved{path, {}};
  std::string real;
  int error = 0;
  co_await off_loop(loop, [&] {
    const std::unique_ptr<char, decltype(&std::free)> found(::realpath(path.c_str(), nullptr), &std::free);
    if (found) {
      real = found.get();
    } else {
      error = errno;
    }
  });
  if (error != 0) co_return Approved{{}, connect_fault(error, printable(path))};
  if (auto why = policy.refusal_of_path(path, real)) co_return Approved{{}, {Reason::address_denied, std::move(*why)}};
  co_return Approved{real, {}};
}

}  // namespace

Task<void> probe_unix(ProbeRun run, Stop stop) {
  const config::UnixModule& module = run.module().unix_socket;
  ProbeResult& result = run.result;
  const std::uint64_t began = Loop::now_ns();
  result.facts = StreamFacts{};
  std::string path = path_of(run.request.target);
  if (run.request.policy != nullptr) {
    Approved approved = co_await approve(run.engine.loop(), path, *run.request.policy);
    if (!approved.outcome.ok()) {
      result.outcome = std::move(approved.outcome);
      note_error(run.request.log, "Error dialing", {{"err", result.outcome.message}});
      co_return;
    }
    path = std::move(approved.path);
  }
  Opened made = co_await open_socket(run.engine.loop(), path, began, stop);
  result.phases.connect = Micros((Loop::now_ns() - began) / 1'000);
  result.tried.push_back({path, made.outcome.message});
  if (!made.socket) {
    result.outcome = std::move(made.outcome);
    note_error(run.request.log, "Error dialing", {{"err", result.outcome.message}});
    co_return;
  }
  result.address = path;
  note(run.request.log, "Successfully dialed", {{"address", path}});
  const config::TlsConfig& tls = module.tls_config;
  if (module.tls && tls.server_name.empty() && !tls.insecure_skip_verify) {
    result.outcome = {Reason::agent_error,
                      "a socket has no name that a certificate could be for; expected `server_name` "
                      "in `tls_config`"};
    co_return;
  }
  Stream stream(run.engine.loop(), std::move(made.socket));
  if (module.tls && !co_await secure(run, stream, tls, tls.server_name, stop)) co_return;
  co_await converse(run, stream, module.query_response, tls, tls.server_name, began, stop);
}

}  // namespace nines::probes
