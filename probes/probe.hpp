#pragma once

// The front door of probes/: one attempt of a check, whatever its kind.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/outcome.hpp"
#include "config/modules.hpp"
#include "probes/async/dialer.hpp"
#include "probes/engine.hpp"
#include "probes/probe_log.hpp"
#include "probes/recording.hpp"
#include "probes/tls/facts.hpp"

namespace nines::probes {

class Jq;
class TargetPolicy;

// Correlates a probe with the target's own logs and traces.
struct TraceContext {
  std::string trace_id;            // 32 hex digits
  std::string correlation_id;      // UUID
  std::string span_id{};           // of the span that a request without one of its own belongs to
  bool sampled = true;             // the flag in `traceparent`: whether the agent keeps a trace of it
  bool once_failed = false;        // it is sampled from the first failure of the run on
  Recording* recording = nullptr;  // told of every HTTP request; outlives the run. null: nobody asks
};
TraceContext make_trace_context();

// What blackbox_exporter's metrics say of one attempt, by kind.
struct HttpFacts {
  std::string version;               // "1.1", "2"; empty: no answer
  std::int64_t content_length = -1;  // as declared
  std::int64_t body_bytes = 0;       // decoded, as far as it was read
  int redirects = 0;                 // met, followed or not
  bool tls = false;                  // of the final answer
  bool resolved = true;              // there was a resolve phase: false when a proxy resolves
  std::optional<Time> last_modified;
};
struct StreamFacts {  // tcp and unix
  bool failed_due_to_bytes = false;
  std::vector<std::pair<std::string, std::string>> expect_labels;  // of probe_expect_info
};
struct DnsFacts {
  bool answered = false;  // a well-formed answer came
  int rcode = 0;
  int answers = 0;
  int authorities = 0;
  int additionals = 0;
  std::optional<std::uint32_t> serial;  // of an SOA query's answer
  bool asked_for_serial = false;
};
struct IcmpFacts {
  Micros setup{0};  // making the socket; phases.processing is the round trip
  std::optional<int> reply_hop_limit;
};
struct GrpcFacts {
  int status = 0;              // of the call, as grpc-status; 14 (UNAVAILABLE) when there was no answer
  std::optional<int> serving;  // 0 UNKNOWN, 1 SERVING, 2 NOT_SERVING, 3 SERVICE_UNKNOWN
};
struct WebsocketFacts {
  bool upgraded = false;
};

// One attempt, judged. Never an exception, never a hang: ends by `timeout` plus little.
struct ProbeResult {
  Time start{};
  Micros duration{0};
  Micros agent_time{0};  // spent on the agent's own, such as reading certificate authorities: not in `duration`
  Outcome outcome;
  Phases phases;
  std::string address;              // connected to, "192.0.2.7:443", or the path of a socket; empty if none
  int ip_family = 0;                // of it: 4 or 6, 0: none
  std::uint32_t ip_hash = 0;        // FNV-1a of its bytes, as blackbox_exporter's probe_ip_addr_hash
  std::vector<AddressTried> tried;  // in order; with `addresses: all` one for each address that was probed
  std::optional<TlsFacts> tls;      // also of a handshake whose certificate was refused
  bool reused = false;              // over a connection that was open before: no resolve, connect and tls
  bool failed_due_to_regex = false;
  int status = 0;                    // HTTP's, 0: no answer
  std::vector<std::string> headers;  // of the answer, "Name: value" as received: evidence
  std::string body;                  // what was kept of the answer, or the last line of a conversation: evidence
  std::variant<std::monostate, HttpFacts, StreamFacts, DnsFacts, IcmpFacts, GrpcFacts, WebsocketFacts> facts;
};

struct ProbeRequest {
  std::shared_ptr<const config::Module> module;
  std::string target;
  TraceContext trace{};
  Jq* jq = nullptr;                      // needed when the module has jq rules
  const TargetPolicy* policy = nullptr;  // judges every address; null: a target that the configuration names
  ProbeLog* log = nullptr;               // told what happens; null: nobody asks
  bool keep_body = false;                // the caller reads result.body: it is kept up to kMaxBody
  std::optional<IpAddress> pinned{};     // probe this address of the target's name, and look nothing up
};

// Probes a target with a module once. `stop` ends it early: its deadline gives the timeout reasons by the phase that
// was going on, a shutdown gives agent_shutdown. What a probe does and when it fails is as blackbox_exporter's
// CONFIGURATION.md says; where it differs, docs/configuration.md does. Loop's thread; what the request points to
// outlives the task.
Task<ProbeResult> probe(Engine& engine, ProbeRequest request, Stop stop);

// What probe() hands to the prober of a kind (probes/tcp/prober.hpp and its like): it fills the result but for start
// and duration, which are taken around it.
struct ProbeRun {
  Engine& engine;
  const ProbeRequest& request;
  ProbeResult& result;

  const config::Module& module() const { return *request.module; }
};

}  // namespace nines::probes
