#include "probes/all_addresses.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "probes/async/gate.hpp"
#include "probes/async/scope.hpp"
#include "probes/descriptors.hpp"
#include "probes/grpc/prober.hpp"
#include "probes/http/prober.hpp"
#include "probes/http/url.hpp"
#include "probes/icmp/prober.hpp"
#include "probes/net/connect.hpp"
#include "probes/websocket/upgrade.hpp"

namespace nines::probes {

namespace {

// The run holds one turn among all runs, whose descriptors these share.
constexpr std::size_t kAddressesAtOnce = kDescriptorsPerRun;

const config::Dial& dial_of(const config::Module& module) {
  switch (module.prober) {
    case config::Prober::tcp:
      return module.tcp.dial;
    case config::Prober::dns:
      return module.dns.dial;
    case config::Prober::icmp:
      return module.icmp.dial;
    case config::Prober::grpc:
      return module.grpc.dial;
    case config::Prober::websocket:
      return module.websocket.dial;
    case config::Prober::http:
    case config::Prober::unix_socket:
      break;
  }
  return module.http.dial;
}

// The target's host; empty: it has none, and the prober will say what is wrong.
std::string host_of(const ProbeRequest& request) {
  const std::string& target = request.target;
  switch (request.module->prober) {
    case config::Prober::http: {
      const auto url = Url::parse(http_url_of(target));
      return url ? url->host() : std::string();
    }
    case config::Prober::websocket: {
      const auto url = parse_websocket_url(target);
      return url ? url->host() : std::string();
    }
    case config::Prober::grpc: {
      const auto url = Url::parse("http://" + grpc_authority(target));
      return url ? url->host() : std::string();
    }
    case config::Prober::unix_socket:
      return {};
    case config::Prober::icmp:
      return icmp_host(target);
    case config::Prober::tcp:
    case config::Prober::dns:
      break;
  }
  const auto split = split_host_port(target);
  return split ? split->host : std::string();
}

bool resolved_by_proxy(const config::Module& module) {
  return module.prober == config::Prober::http && module.http.skip_resolve_phase_with_proxy &&
         !module.http.client.proxy.url.empty();
}

// "2 of 3 addresses failed: 192.0.2.1: …; 192.0.2.2: …"
std::string failures(const std::vector<IpAddress>& addresses, const std::vector<ProbeResult>& results) {
  std::string list;
  int failed = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].outcome.ok()) continue;
    list += fmt::format("{}{}: {}", failed++ == 0 ? "" : "; ", addresses[i].text(), results[i].outcome.message);
  }
  return fmt::format("{} of {} addresses failed: {}", failed, results.size(), list);
}

bool expires_before(const ProbeResult& a, const ProbeResult& b) {
  if (!a.tls || !a.tls->earliest_expiry) return false;
  return !b.tls || !b.tls->earliest_expiry || *a.tls->earliest_expiry < *b.tls->earliest_expiry;
}

ProbeResult join(const std::vector<IpAddress>& addresses, std::vector<ProbeResult> results) {
  const auto is_fault = [](const ProbeResult& result) { return !result.outcome.ok(); };
  auto shown = std::ranges::find_if(
      results, [&](const ProbeResult& result) { return is_fault(result) && !is_agent_fault(result.outcome.reason); });
  if (shown == results.end()) shown = std::ranges::find_if(results, is_fault);
  const bool failed = shown != results.end();
  if (!failed) shown = std::ranges::max_element(results, {}, &ProbeResult::duration);
  std::string sentence = failed && results.size() > 1 ? failures(addresses, results) : shown->outcome.message;
  std::vector<AddressTried> tried;
  for (std::size_t i = 0; i < results.size(); ++i) {
    tried.push_back(
        {results[i].address.empty() ? addresses[i].text() : results[i].address, results[i].outcome.message});
  }
  auto tls = std::ranges::min_element(results, expires_before)->tls;
  ProbeResult out = std::move(*shown);
  out.outcome.message = std::move(sentence);
  out.tried = std::move(tried);
  if (tls) out.tls = std::move(tls);
  return out;
}

// NOLINTBEGIN(*-reference-coroutine-parameters): the engine outlives its tasks

Task<void> probe_into(Engine& engine, ProbeRequest request, Gate& gate, ProbeResult* result, Stop stop) {
  const Gate::Permit permit = co_await gate.enter(stop);
  if (!permit || stop.stopped()) {
    result->outcome = stop_outcome(stop.cause(), Reason::timeout,
                                   "not probed: those before it took all the time; expected it to have its turn");
    co_return;
  }
  *result = co_await probe(engine, std::move(request), stop);
}

}  // namespace

bool wants_all_addresses(const ProbeRequest& request) {
  if (request.module->addresses != config::Addresses::all || request.pinned) return false;
  return !host_of(request).empty() && !IpAddress::parse(host_of(request)) && !resolved_by_proxy(*request.module);
}

Task<ProbeResult> probe_all_addresses(Engine& engine, ProbeRequest request, Stop stop) {
  const Route route = route_of(request, dial_of(*request.module));
  Located located = co_await locate(engine, host_of(request), route, Loop::now_ns(), stop);
  if (!located.outcome.ok()) {
    ProbeResult none;
    none.outcome = std::move(located.outcome);
    none.phases.resolve = located.resolve;
    co_return none;
  }
  std::vector<IpAddress>& addresses = located.addresses;
  if (addresses.size() > kMaxAddresses) {
    note(request.log, "Too many addresses: the rest is not probed",
         {{"addresses", std::to_string(addresses.size())}, {"probed", std::to_string(kMaxAddresses)}});
    addresses.resize(kMaxAddresses);
  }
  std::vector<ProbeResult> results(addresses.size());
  Gate gate(engine.loop(), kAddressesAtOnce);
  Scope scope(engine.loop(), stop);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    ProbeRequest one = request;
    one.pinned = addresses[i];
    scope.spawn(probe_into(engine, std::move(one), gate, &results[i], scope.stop()));
  }
  co_await scope.join();
  ProbeResult joined = join(addresses, std::move(results));
  joined.phases.resolve = located.resolve;
  co_return joined;
}

// NOLINTEND(*-reference-coroutine-parameters)

}  // namespace nines::probes
