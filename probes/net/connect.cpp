#include "probes/net/connect.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/time.hpp"
#include "probes/async/resolver.hpp"
#include "probes/probe.hpp"
#include "probes/target_policy.hpp"

namespace nines::probes {

namespace {

Family family_of(const config::Dial& dial) {
  if (dial.ip_protocol_fallback) return Family::any;
  switch (dial.preferred_ip_protocol) {
    case config::IpProtocol::ip4:
      return Family::ip4;
    case config::IpProtocol::ip6:
      return Family::ip6;
    case config::IpProtocol::automatic:
      break;
  }
  return Family::any;
}

std::string_view family_words(config::IpProtocol protocol) {
  return protocol == config::IpProtocol::ip4 ? "IPv4" : "IPv6";
}

// "connect to db.example.com:80 (192.0.2.7): connection refused", or with several addresses
// "connect to db.example.com:80: [2001:db8::1]:80: no route to host, 192.0.2.7:80: connection refused".
std::string connect_sentence(const std::string& host, int port, const std::vector<AddressTried>& tried) {
  const std::string where = "connect to " + host_and_port(host, port);
  if (tried.size() == 1) {
    const std::string& address = tried.front().address;
    return fmt::format("{} ({}): {}", where, address.substr(0, address.rfind(':')), tried.front().error);
  }
  std::string out = where + ": ";
  for (const auto& [address, error] : tried) {
    if (&address != &tried.front().address) out += ", ";
    out += address + ": " + error;
  }
  return out;
}

}  // namespace

Route route_of(const ProbeRequest& request, const config::Dial& dial) {
  Route route;
  route.dial = dial;
  route.addresses = request.module->addresses;
  route.resolver = request.module->resolver;
  route.pinned = request.pinned;
  route.policy = request.policy;
  route.log = request.log;
  return route;
}

std::optional<HostPort> split_host_port(std::string_view text) {
  HostPort out;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == text.npos) return std::nullopt;
    out.host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
  } else {
    const auto colon = text.find(':');
    const bool bare = colon != text.npos && IpAddress::parse(text);  // an IPv6 address without a port
    out.host = text.substr(0, bare ? text.npos : colon);
    rest = text.substr(out.host.size());
  }
  if (out.host.empty()) return std::nullopt;
  if (rest.empty()) return out;
  int port = 0;
  const char* const end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data() + 1, end, port);
  if (rest.front() != ':' || error != std::errc() || stop != end || port < 0 || port > 65535) return std::nullopt;
  out.port = port;
  return out;
}

std::string host_and_port(const std::string& host, int port) {
  return fmt::format("{}:{}", host.find(':') == host.npos ? host : "[" + host + "]", port);
}

std::optional<IpAddress> source_of(const config::Dial& dial) {
  if (dial.source_ip_address.empty()) return std::nullopt;
  return IpAddress::parse(dial.source_ip_address);
}

void take_address(ProbeResult& result, const IpAddress& address) {
  result.ip_family = address.family;
  result.ip_hash = ip_hash(address);
}

void take_connection(ProbeResult& result, const Connected& connected, int port) {
  result.phases.resolve = connected.resolve;
  result.phases.connect = connected.connect;
  result.tried = connected.tried;
  if (connected.located) take_address(result, connected.address);
  if (connected.socket) result.address = connected.address.with_port(port);
}

std::string budget_text(Stop stop, std::uint64_t began_ns) {
  const std::uint64_t deadline = std::max(stop.deadline(), began_ns);
  const auto left = std::chrono::nanoseconds(deadline - began_ns);
  return format_duration(std::chrono::round<std::chrono::milliseconds>(left));
}

Outcome stop_outcome(StopCause cause, Reason reason, std::string sentence) {
  if (cause == StopCause::shutdown) return {Reason::agent_shutdown, "ended before an answer came: the agent stops"};
  return {reason, std::move(sentence)};
}

std::uint32_t ip_hash(const IpAddress& address) {
  std::uint32_t hash = 2166136261U;
  for (std::size_t i = 0; i < (address.family == 4 ? 4U : 16U); ++i) {
    hash = (hash ^ address.bytes[i]) * 16777619U;
  }
  return hash;
}

// NOLINTBEGIN(*-reference-coroutine-parameters): the engine outlives its tasks

Task<Located> locate(Engine& engine, std::string host, Route route, std::uint64_t began_ns, Stop stop) {
  Located out;
  std::vector<IpAddress> known;
  const auto ascii = to_ascii(host);
  if (!ascii) {
    out.outcome = {Reason::dns_failure,
                   fmt::format("look-up of {}: {}; expected an address", host, ascii.error().message)};
    co_return out;
  }
  host = *ascii;
  if (route.pinned) {
    known.push_back(*route.pinned);
  } else if (const auto literal = IpAddress::parse(host)) {
    known.push_back(*literal);
  } else {
    note(route.log, "Resolving target address", {{"target", host}});
    const std::uint64_t begin = Loop::now_ns();
    auto resolved = co_await engine.resolver(route.resolver).resolve(host, family_of(route.dial), stop);
    out.resolve = Micros((Loop::now_ns() - begin) / 1'000);
    if (resolved.stopped != StopCause::none) {
      out.outcome = stop_outcome(
          resolved.stopped, Reason::dns_timeout,
          fmt::format("look-up of {}: no answer within {}; expected an address", host, budget_text(stop, began_ns)));
    } else {
      out.outcome = std::move(resolved.outcome);
    }
    if (!out.outcome.ok()) {
      note_error(route.log, "Resolution with IP protocol failed", {{"err", out.outcome.message}});
      co_return out;
    }
    known = std::move(resolved.addresses);
  }
  out.addresses = choose_addresses(known, route.dial.preferred_ip_protocol, route.dial.ip_protocol_fallback);
  if (out.addresses.empty()) {
    out.outcome = {Reason::dns_no_address,
                   fmt::format("look-up of {}: no address of the wanted family; expected an {} address", host,
                               family_words(route.dial.preferred_ip_protocol))};
    co_return out;
  }
  if (route.addresses == config::Addresses::one) out.addresses.resize(1);
  for (const IpAddress& address : out.addresses) note(route.log, "Resolved target address", {{"ip", address.text()}});
  if (route.policy != nullptr) {
    if (auto why = route.policy->refusal(host, out.addresses)) {
      out.outcome = {Reason::address_denied, std::move(*why)};
      out.addresses.clear();
    }
  }
  co_return out;
}

Task<Connected> connect_tcp(Engine& engine, std::string host, int port, Route route, std::uint64_t began_ns,
                            Stop stop) {
  Connected out;
  Located located = co_await locate(engine, host, route, began_ns, stop);
  out.resolve = located.resolve;
  if (!located.outcome.ok()) {
    out.outcome = std::move(located.outcome);
    co_return out;
  }
  out.address = located.addresses.front();
  out.located = true;
  const std::uint64_t begin = Loop::now_ns();
  Dialed dialed = co_await dial(engine.loop(), std::move(located.addresses), port, source_of(route.dial), stop);
  out.ready_ns = Loop::now_ns();
  out.connect = Micros((out.ready_ns - begin) / 1'000);
  out.tried = std::move(dialed.tried);
  out.socket = std::move(dialed.socket);
  if (out.socket) {
    out.address = dialed.address;
    co_return out;
  }
  const Reason reason = dialed.stopped == StopCause::none ? dialed.reason : Reason::connect_timeout;
  std::string sentence = connect_sentence(host, port, out.tried);
  if (dialed.stopped != StopCause::none) sentence += " within " + budget_text(stop, began_ns);
  out.outcome = stop_outcome(dialed.stopped, reason, fmt::format("{}; expected {}", sentence, route.expected));
  note_error(route.log, "Error dialing", {{"err", out.outcome.message}});
  co_return out;
}

// NOLINTEND(*-reference-coroutine-parameters)

}  // namespace nines::probes
