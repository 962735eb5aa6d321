#include "probes/probe.hpp"

#include <fmt/format.h>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "probes/all_addresses.hpp"
#include "probes/dns/prober.hpp"
#include "probes/grpc/prober.hpp"
#include "probes/http/prober.hpp"
#include "probes/icmp/prober.hpp"
#include "probes/tcp/prober.hpp"
#include "probes/unix/prober.hpp"
#include "probes/websocket/prober.hpp"

namespace nines::probes {

namespace {

Task<void> dispatch(ProbeRun run, Stop stop) {
  switch (run.module().prober) {
    case config::Prober::http:
      return probe_http(run, stop);
    case config::Prober::tcp:
      return probe_tcp(run, stop);
    case config::Prober::dns:
      return probe_dns(run, stop);
    case config::Prober::icmp:
      return probe_icmp(run, stop);
    case config::Prober::grpc:
      return probe_grpc(run, stop);
    case config::Prober::unix_socket:
      return probe_unix(run, stop);
    case config::Prober::websocket:
      return probe_websocket(run, stop);
  }
  std::unreachable();
}

const config::TlsConfig& tls_config(const config::Module& module) {
  switch (module.prober) {
    case config::Prober::tcp:
      return module.tcp.tls_config;
    case config::Prober::dns:
      return module.dns.tls_config;
    case config::Prober::grpc:
      return module.grpc.tls_config;
    case config::Prober::unix_socket:
      return module.unix_socket.tls_config;
    case config::Prober::websocket:
      return module.websocket.client.tls;
    case config::Prober::http:
    case config::Prober::icmp:
      break;
  }
  return module.http.client.tls;
}

// What any kind of probe may be asked to be, once it has succeeded.
void judge_whole(const config::Module& module, ProbeResult& result) {
  const Micros limit = module.max_duration;
  if (limit > Micros(0) && result.duration > limit) {
    result.outcome = {Reason::too_slow, fmt::format("took {}; expected at most {}", format_duration(result.duration),
                                                    format_duration(limit))};
    return;
  }
  const Micros within = tls_config(module).fail_if_expires_within;
  if (within == Micros(0) || !result.tls || !result.tls->earliest_expiry) return;
  if (*result.tls->earliest_expiry - result.start >= within) return;
  result.outcome = {Reason::tls_expiring,
                    fmt::format("a certificate of the chain expires at {}; expected it to be valid for {} more",
                                format_time(*result.tls->earliest_expiry, 0), format_duration(within))};
}

}  // namespace

TraceContext make_trace_context() {
  return {.trace_id = make_trace_id(), .correlation_id = make_uuid()};
}

// NOLINTNEXTLINE(*-reference-coroutine-parameters): the engine outlives its tasks
Task<ProbeResult> probe(Engine& engine, ProbeRequest request, Stop stop) {
  ProbeResult result;
  result.start = engine.options().clock->now();
  const std::uint64_t began = Loop::now_ns();
  if (wants_all_addresses(request)) {
    const Time start = result.start;
    result = co_await probe_all_addresses(engine, request, stop);
    result.start = start;
  } else {
    co_await dispatch({engine, request, result}, stop);
  }
  result.duration = Micros((Loop::now_ns() - began) / 1'000) - result.agent_time;
  if (result.outcome.ok()) judge_whole(*request.module, result);
  co_return result;
}

}  // namespace nines::probes
