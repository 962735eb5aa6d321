#include "probes/tls/client.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "probes/async/address.hpp"
#include "probes/net/connect.hpp"
#include "probes/tls/contexts.hpp"
#include "probes/tls/record.hpp"

namespace nines::probes {

namespace {

Outcome ended(const Transferred& done, const TlsRecord& record) {
  switch (done.end) {
    case Transferred::End::done:
      return record.facts.verdict;
    case Transferred::End::closed:
      return handshake_failure({});
    case Transferred::End::failed:
      return handshake_failure(done.text);
    case Transferred::End::stopped:
      break;
  }
  return stop_outcome(done.cause, Reason::tls_timeout,
                      "no complete handshake before the time was up; expected it to complete");
}

}  // namespace

// NOLINTNEXTLINE(*-reference-coroutine-parameters): the engine, the stream and the configuration outlive the task
Task<TlsHandshake> start_tls(Engine& engine, Stream& stream, const config::TlsConfig& config, std::string host,
                             std::vector<std::string> alpn, Stop stop) {
  TlsHandshake out;
  std::uint64_t begin = Loop::now_ns();
  auto context = co_await engine.tls_contexts().get(config, std::move(alpn), stop);
  out.agent_time = Micros((Loop::now_ns() - begin) / 1'000);
  if (!context) {
    out.outcome = material_failure(context.error(), host, stop);
    co_return out;
  }
  TlsRecord record;
  record.material = context->material;
  record.host = config.server_name.empty() ? host : config.server_name;
  SSL* const session = SSL_new(context->context.get());
  if (session == nullptr) {
    out.outcome = {Reason::agent_memory, "OpenSSL could not make a session"};
    co_return out;
  }
  set_record(session, &record);
  if (!IpAddress::parse(record.host)) {
    const std::string_view name = record.host;
    SSL_set_tlsext_host_name(session, std::string(name.substr(0, name.size() - (name.ends_with('.') ? 1 : 0))).c_str());
  }
  begin = Loop::now_ns();
  const Transferred done = co_await stream.handshake(session, stop);
  out.duration = Micros((Loop::now_ns() - begin) / 1'000);
  set_record(session, nullptr);  // the session goes on, with tickets to come
  out.outcome = ended(done, record);
  if (!out.outcome.ok()) {
    out.outcome.message = fmt::format("TLS{}{}: {}", host.empty() ? "" : " with ", host, out.outcome.message);
  }
  out.facts = std::move(record.facts);
  co_return out;
}

}  // namespace nines::probes
