#pragma once

// Why a probe failed, and where its time went.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace nines {

// The closed list of reasons. `agent_*` tell about the agent, not the target: such a result is void (sla.md).
// The numbers are stored: never reuse one, add at the end of a group.
enum class Reason : std::uint8_t {
  none = 0,  // success

  dns_nxdomain = 1,
  dns_timeout = 2,
  dns_failure = 3,     // SERVFAIL, REFUSED, malformed answer
  dns_no_address = 4,  // the name exists but has no address of a wanted family

  connect_refused = 10,
  connect_timeout = 11,
  connect_unreachable = 12,
  connect_reset = 13,
  connect_failure = 14,
  address_denied = 15,  // by the allow and deny lists

  tls_handshake = 20,
  tls_timeout = 21,
  tls_expired = 22,
  tls_not_yet_valid = 23,
  tls_hostname = 24,
  tls_untrusted = 25,
  tls_self_signed = 26,
  tls_revoked = 27,
  tls_protocol = 28,
  tls_weak = 29,
  tls_unexpected = 30,  // TLS where none was wanted, or none where it was
  tls_expiring = 31,    // valid, but not for as long as was asked for

  http_status = 40,
  http_version = 41,
  http_malformed = 42,
  http_header = 43,
  http_timeout = 44,  // connected, but no complete answer in time
  http_truncated = 45,
  http_reset = 46,
  http_empty = 47,  // the connection was closed without an answer
  http_encoding = 48,
  header_too_large = 49,

  body_mismatch = 60,
  body_too_large = 61,
  redirect_refused = 62,
  redirect_limit = 63,
  too_slow = 64,      // an asserted duration was exceeded
  assertion = 65,     // an expectation of a journey's step
  capture = 66,       // a capture found nothing
  poll_timeout = 67,  // `until` did not hold within `within`
  timeout = 68,       // the whole run's deadline
  component = 69,

  dns_rcode = 70,  // probers of other protocols: an answer that was not wanted …
  dns_records = 71,
  dns_malformed = 72,
  icmp_timeout = 73,
  icmp_unreachable = 74,
  grpc_status = 75,
  grpc_not_serving = 76,
  response_mismatch = 77,  // a conversation (tcp, unix, websocket) did not go as scripted
  response_timeout = 78,
  response_closed = 79,
  websocket_upgrade = 80,
  websocket_protocol = 81,
  oauth2_token = 82,   // no access token could be had
  proxy_failure = 83,  // the proxy refused, or was no proxy

  imported = 90,  // a failed result of an import that names no reason known here

  agent_error = 200,
  agent_shutdown = 201,
  agent_descriptors = 202,
  agent_jq = 203,
  agent_memory = 204,
  agent_network = 205,
  agent_permission = 206,  // the system forbids what the probe needs, such as ICMP sockets
};

// "dns_nxdomain"; the name in results, logs, metrics and reports.
std::string_view reason_name(Reason reason);
std::optional<Reason> parse_reason(std::string_view name);

inline bool is_agent_fault(Reason reason) {
  return static_cast<std::uint8_t>(reason) >= 200;
}

// False for reasons that end a request before its answer was complete (DNS, connect, TLS, timeout, reset, a malformed
// or cut answer): those count as errors under `errors: server` whatever the status (sla.md, error rate).
bool is_complete_answer(Reason reason);

// "certificate expired": a few words for a report's outage line.
std::string_view reason_words(Reason reason);

// Where the time of a run went. A phase that did not happen is 0. With redirects, the sum over the hops.
struct Phases {
  Micros resolve{0};
  Micros connect{0};
  Micros tls{0};
  Micros processing{0};
  Micros transfer{0};

  Micros total() const { return resolve + connect + tls + processing + transfer; }
  Phases& operator+=(const Phases& other);
  bool operator==(const Phases&) const = default;
};

inline constexpr std::string_view kPhaseNames[] = {"resolve", "connect", "tls", "processing", "transfer"};
// Phases in the order of kPhaseNames.
inline constexpr Micros Phases::* kPhaseFields[] = {&Phases::resolve, &Phases::connect, &Phases::tls,
                                                    &Phases::processing, &Phases::transfer};

// How one attempt ended. `message` is one sentence for people that says what was expected and what came, with every
// address tried; empty on success. No secret is ever in it.
struct Outcome {
  Reason reason = Reason::none;
  std::string message;

  bool ok() const { return reason == Reason::none; }
  bool operator==(const Outcome&) const = default;
};

}  // namespace nines
