#include "base/outcome.hpp"

#include <algorithm>
#include <array>

namespace nines {
namespace {

struct ReasonRow {
  Reason reason;
  std::string_view name;
  bool complete_answer;
  std::string_view words;
};

constexpr auto kReasons = std::to_array<ReasonRow>({
    {Reason::none, "none", true, "success"},
    {Reason::dns_nxdomain, "dns_nxdomain", false, "host name does not exist"},
    {Reason::dns_timeout, "dns_timeout", false, "no DNS answer in time"},
    {Reason::dns_failure, "dns_failure", false, "DNS server failed"},
    {Reason::dns_no_address, "dns_no_address", false, "host name has no address"},
    {Reason::connect_refused, "connect_refused", false, "connection refused"},
    {Reason::connect_timeout, "connect_timeout", false, "no connection in time"},
    {Reason::connect_unreachable, "connect_unreachable", false, "network or host unreachable"},
    {Reason::connect_reset, "connect_reset", false, "connection reset while connecting"},
    {Reason::connect_failure, "connect_failure", false, "connection failed"},
    {Reason::address_denied, "address_denied", false, "address not allowed"},
    {Reason::tls_handshake, "tls_handshake", false, "TLS handshake failed"},
    {Reason::tls_timeout, "tls_timeout", false, "TLS handshake not done in time"},
    {Reason::tls_expired, "tls_expired", false, "TLS certificate expired"},
    {Reason::tls_not_yet_valid, "tls_not_yet_valid", false, "TLS certificate not yet valid"},
    {Reason::tls_hostname, "tls_hostname", false, "TLS certificate for another host name"},
    {Reason::tls_untrusted, "tls_untrusted", false, "TLS certificate not trusted"},
    {Reason::tls_self_signed, "tls_self_signed", false, "TLS certificate self-signed"},
    {Reason::tls_revoked, "tls_revoked", false, "TLS certificate revoked"},
    {Reason::tls_protocol, "tls_protocol", false, "no common TLS version or cipher"},
    {Reason::tls_weak, "tls_weak", false, "TLS too weak"},
    {Reason::tls_unexpected, "tls_unexpected", false, "TLS not as expected"},
    {Reason::tls_expiring, "tls_expiring", true, "TLS certificate expires soon"},
    {Reason::http_status, "http_status", true, "status not expected"},
    {Reason::http_version, "http_version", true, "HTTP version not expected"},
    {Reason::http_malformed, "http_malformed", false, "answer was not HTTP"},
    {Reason::http_header, "http_header", true, "header not expected"},
    {Reason::http_timeout, "http_timeout", false, "no answer in time"},
    {Reason::http_truncated, "http_truncated", false, "answer cut short"},
    {Reason::http_reset, "http_reset", false, "connection reset"},
    {Reason::http_empty, "http_empty", false, "connection closed without an answer"},
    {Reason::http_encoding, "http_encoding", true, "content encoding wrong"},
    {Reason::header_too_large, "header_too_large", false, "headers too large"},
    {Reason::body_mismatch, "body_mismatch", true, "body not as expected"},
    {Reason::body_too_large, "body_too_large", false, "body too large"},
    {Reason::redirect_refused, "redirect_refused", true, "redirect not followed"},
    {Reason::redirect_limit, "redirect_limit", true, "too many redirects"},
    {Reason::too_slow, "too_slow", true, "too slow"},
    {Reason::assertion, "assertion", true, "expectation not met"},
    {Reason::capture, "capture", true, "nothing to capture"},
    {Reason::poll_timeout, "poll_timeout", true, "awaited condition did not come in time"},
    {Reason::timeout, "timeout", false, "not done in time"},
    {Reason::component, "component", true, "component down"},
    {Reason::dns_rcode, "dns_rcode", true, "DNS response code not expected"},
    {Reason::dns_records, "dns_records", true, "DNS records not expected"},
    {Reason::dns_malformed, "dns_malformed", false, "answer was not DNS"},
    {Reason::icmp_timeout, "icmp_timeout", false, "no echo reply in time"},
    {Reason::icmp_unreachable, "icmp_unreachable", false, "echo request could not be delivered"},
    {Reason::grpc_status, "grpc_status", true, "gRPC call failed"},
    {Reason::grpc_not_serving, "grpc_not_serving", true, "gRPC service not serving"},
    {Reason::response_mismatch, "response_mismatch", true, "response not as expected"},
    {Reason::response_timeout, "response_timeout", false, "no response in time"},
    {Reason::response_closed, "response_closed", false, "connection closed before the response"},
    {Reason::websocket_upgrade, "websocket_upgrade", true, "WebSocket upgrade refused"},
    {Reason::websocket_protocol, "websocket_protocol", false, "answer was not WebSocket"},
    {Reason::oauth2_token, "oauth2_token", false, "no OAuth 2 access token"},
    {Reason::proxy_failure, "proxy_failure", false, "proxy failed"},
    {Reason::imported, "imported", true, "failed (imported)"},
    {Reason::agent_error, "agent_error", false, "fault in the agent"},
    {Reason::agent_shutdown, "agent_shutdown", false, "agent was stopping"},
    {Reason::agent_descriptors, "agent_descriptors", false, "agent had no file descriptors left"},
    {Reason::agent_jq, "agent_jq", false, "agent could not run jq"},
    {Reason::agent_memory, "agent_memory", false, "agent had no memory left"},
    {Reason::agent_network, "agent_network", false, "agent had no network"},
    {Reason::agent_permission, "agent_permission", false, "agent not permitted to probe"},
});

const ReasonRow* find(Reason reason) {
  const auto* row = std::ranges::find(kReasons, reason, &ReasonRow::reason);
  return row == kReasons.end() ? nullptr : row;
}

}  // namespace

std::string_view reason_name(Reason reason) {
  const ReasonRow* row = find(reason);
  return row == nullptr ? "unknown" : row->name;
}

std::optional<Reason> parse_reason(std::string_view name) {
  const auto* row = std::ranges::find(kReasons, name, &ReasonRow::name);
  if (row == kReasons.end()) return std::nullopt;
  return row->reason;
}

bool is_complete_answer(Reason reason) {
  const ReasonRow* row = find(reason);
  return row != nullptr && row->complete_answer;
}

std::string_view reason_words(Reason reason) {
  const ReasonRow* row = find(reason);
  return row == nullptr ? "unknown reason" : row->words;
}

Phases& Phases::operator+=(const Phases& other) {
  for (const auto field : kPhaseFields) this->*field += other.*field;
  return *this;
}

}  // namespace nines
