#include "probes/icmp/prober.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <openssl/rand.h>

#include "probes/icmp/socket.hpp"
#include "probes/net/connect.hpp"
#include "probes/net/readable.hpp"

namespace nines::probes {

namespace {

constexpr std::size_t kDefaultPayload = 32;
constexpr std::size_t kToken = 16;  // random bytes a payload begins with, as far as it is long enough

std::uint16_t random_u16() {
  std::uint16_t value = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&value), sizeof value);
  return value;
}

// Of all engines, so that no two requests under way have the same.
std::uint16_t next_sequence() {
  static std::atomic<std::uint16_t> next = random_u16();
  return next++;
}

std::string make_payload(int size) {
  std::string out(size > 0 ? static_cast<std::size_t>(size) : kDefaultPayload, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(std::min(out.size(), kToken)));
  for (std::size_t i = kToken; i < out.size(); ++i) out[i] = static_cast<char>('a' + (i % 26));
  return out;
}

std::string errno_words(int error) {
  switch (error) {
    case ENETUNREACH:
      return "no route to the network";
    case EHOSTUNREACH:
      return "no route to the host";
    default:
      return connect_error_text(error);
  }
}

Reason errno_reason(int error) {
  const Reason reason = connect_error_reason(error);
  if (is_agent_fault(reason)) return reason;
  return error == EAFNOSUPPORT ? Reason::agent_network : Reason::icmp_unreachable;
}

// One run: locate, then an echo request to an address; to the next one when the way to it is closed.
class IcmpProbe {
 public:
  explicit IcmpProbe(ProbeRun run) : run_(run), module_(run.module().icmp), result_(run.result) {}

  Task<void> perform(Stop stop) {
    result_.facts = IcmpFacts{.reply_hop_limit = {}};
    const Located located = co_await locate(run_.engine, icmp_host(run_.request.target),
                                            route_of(run_.request, module_.dial), began_ns_, stop);
    result_.phases.resolve = located.resolve;
    result_.outcome = located.outcome;
    for (const IpAddress& address : located.addresses) {
      const bool another = co_await ping(address, stop);
      if (!another) break;
    }
    if (!result_.outcome.ok()) note_error(run_.request.log, "ICMP probe failed", {{"err", result_.outcome.message}});
  }

 private:
  // Whether there was no way to the address, so that another may be tried.
  Task<bool> ping(IpAddress address, Stop stop) {
    address_ = address;
    if (result_.ip_family == 0) take_address(result_, address);
    result_.tried.push_back({address.text(), {}});
    facts_ = {.reply_hop_limit = {}};
    const std::uint64_t begin = Loop::now_ns();
    const auto socket = EchoSocket::open(address, module_, source_of(module_.dial));
    facts_.setup = Micros((Loop::now_ns() - begin) / 1'000);
    if (!socket) {
      refused(socket.error());
    } else {
      note(run_.request.log, "Sending ICMP echo request",
           {{"ip", address.text()}, {"socket", socket->raw() ? "raw" : "datagram"}});
      co_await exchange(*socket, stop);
    }
    result_.facts = facts_;
    co_return result_.outcome.reason == Reason::icmp_unreachable;
  }

  Task<void> exchange(const EchoSocket& socket, Stop stop) {  // NOLINT(*-reference-coroutine-parameters)
    const Echo echo{.family = address_.family,
                    .id = random_u16(),
                    .any_id = !socket.raw(),
                    .sequence = next_sequence(),
                    .payload = make_payload(module_.payload_size)};
    Readable readable(run_.engine.loop(), socket.fd());
    const std::uint64_t sent = Loop::now_ns();
    if (const int error = socket.send(echo); error != 0) {
      if (error == EMSGSIZE) co_return too_big(socket);
      co_return unreachable(error);
    }
    while (true) {
      const EchoNews news = socket.receive(echo);
      const std::uint64_t passed = Loop::now_ns() - sent;
      if (news.kind == EchoNews::Kind::reply) co_return replied(news, passed);
      if (news.kind == EchoNews::Kind::error) co_return fail(Reason::icmp_unreachable, news.words);
      if (news.kind == EchoNews::Kind::failed) {
        if (news.error == EMSGSIZE) co_return too_big(socket);
        co_return unreachable(news.error);
      }
      const StopCause cause = co_await readable.wait(stop);
      if (cause != StopCause::none) co_return silent(cause, stop);
    }
  }

  void replied(const EchoNews& news, std::uint64_t passed_ns) {
    // The kernel's clock may have been set meanwhile.
    const std::uint64_t age = news.age_ns < passed_ns ? news.age_ns : 0;
    result_.outcome = {};
    result_.phases.processing = Micros((passed_ns - age) / 1'000);
    result_.address = address_.text();
    take_address(result_, address_);
    facts_.reply_hop_limit = news.hop_limit;
    note(run_.request.log, "Found matching reply packet", {{"ip", result_.address}});
  }

  void silent(StopCause cause, Stop stop) {
    result_.outcome = stop_outcome(
        cause, Reason::icmp_timeout,
        fmt::format("{}: no reply within {}; expected an echo reply", subject(), budget_text(stop, began_ns_)));
  }

  void refused(int error) {
    if (error == EACCES || error == EPERM || error == EPROTONOSUPPORT) {
      fail(Reason::agent_permission,
           "this system allows no ICMP sockets: allow the group of this program in net.ipv4.ping_group_range, or give "
           "it cap_net_raw");
    } else {
      unreachable(error);
    }
  }

  void too_big(const EchoSocket& socket) {
    const std::size_t size = make_payload(module_.payload_size).size() + (address_.family == 4 ? 28 : 48);
    std::string words = fmt::format("a packet of {} bytes is too big to be sent", size);
    if (const auto mtu = socket.mtu()) words += fmt::format(" unfragmented, at most {} are possible", *mtu);
    fail(Reason::icmp_unreachable, words);
  }

  void unreachable(int error) { fail(errno_reason(error), errno_words(error)); }

  void fail(Reason reason, const std::string& what) {
    result_.tried.back().error = what;
    result_.outcome = {reason, fmt::format("{}: {}; expected an echo reply", subject(), what)};
  }

  // "ping db.example.com (192.0.2.7)", "ping 192.0.2.7".
  std::string subject() const {
    const std::string name = icmp_host(run_.request.target);
    const std::string address = address_.text();
    return name == address ? "ping " + address : fmt::format("ping {} ({})", name, address);
  }

  ProbeRun run_;
  const config::IcmpModule& module_;
  ProbeResult& result_;
  const std::uint64_t began_ns_ = Loop::now_ns();
  IpAddress address_;
  IcmpFacts facts_;
};

}  // namespace

std::string icmp_host(const std::string& target) {
  const bool brackets = target.size() > 2 && target.front() == '[' && target.back() == ']';
  return brackets ? target.substr(1, target.size() - 2) : target;
}

Task<void> probe_icmp(ProbeRun run, Stop stop) {
  IcmpProbe probe(run);
  co_await probe.perform(stop);
}

}  // namespace nines::probes
