#include "probes/tcp/prober.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "probes/async/stream.hpp"
#include "probes/conversation.hpp"
#include "probes/net/connect.hpp"

namespace nines::probes {

Task<void> probe_tcp(ProbeRun run, Stop stop) {
  const config::TcpModule& module = run.module().tcp;
  ProbeResult& result = run.result;
  const std::uint64_t began = Loop::now_ns();
  result.facts = StreamFacts{};
  const auto where = split_host_port(run.request.target);
  if (!where || !where->port) {
    result.outcome = {Reason::connect_failure, fmt::format("`{}` is no target; expected host:port",
                                                           printable(ellipsize(run.request.target, 200)))};
    co_return;
  }
  Connected made =
      co_await connect_tcp(run.engine, where->host, *where->port, route_of(run.request, module.dial), began, stop);
  take_connection(result, made, *where->port);
  if (!made.socket) {
    result.outcome = std::move(made.outcome);
    co_return;
  }
  note(run.request.log, "Successfully dialed", {{"address", result.address}});
  Stream stream(run.engine.loop(), std::move(made.socket));
  if (module.tls && !co_await secure(run, stream, module.tls_config, where->host, stop)) co_return;
  co_await converse(run, stream, module.query_response, module.tls_config, where->host, began, stop);
}

}  // namespace nines::probes
