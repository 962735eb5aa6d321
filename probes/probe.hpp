#pragma once

// The front door of probes/: one attempt of a check, whatever its kind.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/outcome.hpp"
#include "config/config.hpp"
#include "probes/engine.hpp"

namespace nines::probes {

// Correlates a probe with the target's own logs and traces.
struct TraceContext {
  std::string trace_id;        // 32 hex digits
  std::string correlation_id;  // UUID
};
TraceContext make_trace_context();

// What blackbox_exporter's probe_* metrics say of one HTTP attempt.
struct HttpFacts {
  int status = 0;
  std::string version;  // "1.1", "2"
  std::int64_t content_length = -1;
  std::int64_t body_bytes = 0;  // decoded
  int redirects = 0;
  std::vector<std::string> final_headers;  // "Name: value", as received, for evidence
  std::string body;                        // what was read, at most the module's limit
  bool tls = false;
  std::string tls_version;  // "TLS 1.3"
  std::string tls_cipher;
  std::optional<Time> earliest_cert_expiry;
  std::optional<Time> last_modified;
  bool failed_due_to_regex = false;
};

// One attempt, judged. Never an exception, never a hang: ends by `timeout` plus little.
struct ProbeResult {
  Time start{};
  Micros duration{0};
  Outcome outcome;
  Phases phases;
  std::string address;  // connected to, "192.0.2.7:443"; empty if none
  int ip_family = 0;    // 4 or 6, 0: none
  HttpFacts http;
};

// Probes `target` with `module` once. `stop` ends it early: its deadline gives the timeout reasons by the phase that
// was going on, a shutdown gives agent_shutdown. Redirects, TLS facts, bodies and regular expressions as
// blackbox_exporter's CONFIGURATION.md says.
Task<ProbeResult> probe(Engine& engine, std::shared_ptr<const config::Module> module, std::string target,
                        TraceContext trace, Stop stop);

}  // namespace nines::probes
