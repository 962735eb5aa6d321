#include "probes/metrics.hpp"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace nines::probes {

namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

double number_of(const std::string& version) {
  double number = 0;
  std::from_chars(version.data(), version.data() + version.size(), number);
  return number;
}

double seconds_of(Time time) {
  return static_cast<double>(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

// What Go's zero time is in Unix time: the exporter's value of a chain that was not verified.
constexpr double kNoChain = -62135596800.0;

class Writer {
 public:
  Writer(const ProbeResult& result, const config::Module& module) : result_(result), module_(module) {}

  std::vector<Sample> write() {
    switch (module_.prober) {
      case config::Prober::http:
        http();
        break;
      case config::Prober::tcp:
        address();
        stream();
        break;
      case config::Prober::unix_socket:
        stream();
        break;
      case config::Prober::dns:
        dns();
        break;
      case config::Prober::icmp:
        icmp();
        break;
      case config::Prober::grpc:
        grpc();
        break;
      case config::Prober::websocket:
        websocket();
        break;
    }
    tls();
    if (!result_.outcome.ok()) {
      add("probe_failure_info", "Why the probe failed.", 1,
          {{"reason", std::string(reason_name(result_.outcome.reason))}});
    }
    return std::move(samples_);
  }

 private:
  void add(std::string_view name, std::string_view help, double value, Labels labels = {}) {
    samples_.push_back({name, help, std::move(labels), value});
  }

  void phase(std::string_view name, std::string_view help, std::string label, Micros time) {
    add(name, help, seconds(time), {{"phase", std::move(label)}});
  }

  template <class Facts>
  Facts facts() const {
    const auto* found = std::get_if<Facts>(&result_.facts);
    return found != nullptr ? *found : Facts{};
  }

  bool located() const { return result_.ip_family != 0; }

  void address() {
    add("probe_ip_protocol", "IP version of the connection: 4 or 6.", result_.ip_family);
    add("probe_ip_addr_hash", "Hash of the IP address, to see when it changes.", result_.ip_hash);
    add("probe_dns_lookup_time_seconds", "Time taken to resolve the name.", seconds(result_.phases.resolve));
  }

  void http() {
    const auto http = facts<HttpFacts>();
    if (http.resolved) address();
    constexpr std::string_view kName = "probe_http_duration_seconds";
    constexpr std::string_view kHelp = "Duration of the HTTP request by phase, summed over redirects.";
    for (std::size_t i = 0; i < std::size(kPhaseNames); ++i) {
      const bool resolve = kPhaseFields[i] == &Phases::resolve;
      if (resolve ? http.resolved : located() || !http.resolved) {
        phase(kName, kHelp, std::string(kPhaseNames[i]), result_.phases.*kPhaseFields[i]);
      }
    }
    const bool answered = result_.status != 0;
    add("probe_http_status_code", "Status of the final answer; 0: none.", result_.status);
    add("probe_http_content_length", "Length the answer declared; -1: none.",
        answered ? static_cast<double>(http.content_length) : 0);
    add("probe_http_uncompressed_body_length", "Length of the body, decoded.", static_cast<double>(http.body_bytes));
    add("probe_http_redirects", "Redirects met.", http.redirects);
    add("probe_http_ssl", "Whether the final answer came over TLS.", http.tls ? 1 : 0);
    add("probe_http_version", "HTTP version of the final answer.", number_of(http.version));
    regex();
    if (http.last_modified) {
      add("probe_http_last_modified_timestamp_seconds", "Last-Modified of the answer, Unix time.",
          seconds_of(*http.last_modified));
    }
  }

  void regex() {
    add("probe_failed_due_to_regex", "Whether a regular expression made the probe fail.",
        result_.failed_due_to_regex ? 1 : 0);
  }

  void stream() {
    const auto stream = facts<StreamFacts>();
    regex();
    add("probe_failed_due_to_bytes", "Whether `expect_bytes` made the probe fail.", stream.failed_due_to_bytes ? 1 : 0);
    if (!stream.expect_labels.empty()) {
      add("probe_expect_info", "What an `expect` matched.", 1, stream.expect_labels);
    }
  }

  void dns() {
    const auto dns = facts<DnsFacts>();
    address();
    constexpr std::string_view kName = "probe_dns_duration_seconds";
    constexpr std::string_view kHelp = "Duration of the DNS query by phase.";
    phase(kName, kHelp, "resolve", result_.phases.resolve);
    phase(kName, kHelp, "connect", result_.phases.connect + result_.phases.tls);
    phase(kName, kHelp, "request", result_.phases.processing);
    add("probe_dns_answer_rrs", "Records in the answer section.", dns.answers);
    add("probe_dns_authority_rrs", "Records in the authority section.", dns.authorities);
    add("probe_dns_additional_rrs", "Records in the additional section.", dns.additionals);
    add("probe_dns_query_succeeded", "Whether a well-formed answer came, whatever its code.", dns.answered ? 1 : 0);
    if (dns.asked_for_serial && dns.answered) {
      add("probe_dns_serial", "Serial of the zone.", static_cast<double>(dns.serial.value_or(0)));
    }
  }

  void icmp() {
    const auto icmp = facts<IcmpFacts>();
    address();
    constexpr std::string_view kName = "probe_icmp_duration_seconds";
    constexpr std::string_view kHelp = "Duration of the echo by phase.";
    phase(kName, kHelp, "resolve", result_.phases.resolve);
    phase(kName, kHelp, "setup", icmp.setup);
    phase(kName, kHelp, "rtt", result_.outcome.ok() ? result_.phases.processing : Micros(0));
    if (icmp.reply_hop_limit) {
      add("probe_icmp_reply_hop_limit", "Hop limit (TTL for IPv4) of the reply.", *icmp.reply_hop_limit);
    }
  }

  void grpc() {
    const auto grpc = facts<GrpcFacts>();
    address();
    constexpr std::string_view kName = "probe_grpc_duration_seconds";
    constexpr std::string_view kHelp = "Duration of the gRPC call by phase.";
    phase(kName, kHelp, "resolve", result_.phases.resolve);
    const bool secure = result_.tls && result_.tls->verdict.ok() && !result_.tls->version.empty();
    if (located()) phase(kName, kHelp, "check", result_.phases.total() - result_.phases.resolve);
    add("probe_grpc_ssl", "Whether the call was made over TLS.", secure ? 1 : 0);
    add("probe_grpc_status_code", "Status of the call.", grpc.status);
    if (located()) {
      constexpr std::array kServing = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
      for (int i = 0; i < static_cast<int>(kServing.size()); ++i) {
        add("probe_grpc_healthcheck_response", "Answer of the health check.", grpc.serving == i ? 1 : 0,
            {{"serving_status", kServing[static_cast<std::size_t>(i)]}});
      }
    }
    if (!secure) add("probe_ssl_earliest_cert_expiry", kExpiryHelp, 0);
  }

  void websocket() {
    const auto websocket = facts<WebsocketFacts>();
    address();
    add("probe_websocket_status_code", "Status of the answer to the upgrade; 0: none.", result_.status);
    add("probe_websocket_connection_upgraded", "Whether the connection became a WebSocket.",
        websocket.upgraded ? 1 : 0);
    add("probe_websocket_failed_due_to_regex", "Whether a regular expression made the probe fail.",
        result_.failed_due_to_regex ? 1 : 0);
  }

  void tls() {
    if (!result_.tls || result_.tls->version.empty()) return;
    const TlsFacts& tls = *result_.tls;
    if (tls.earliest_expiry) {
      add("probe_ssl_earliest_cert_expiry", kExpiryHelp, seconds_of(*tls.earliest_expiry));
    }
    add("probe_tls_version_info", "TLS version of the connection.", 1, {{"version", tls.version}});
    if (module_.prober != config::Prober::grpc) {
      add("probe_tls_cipher_info", "TLS cipher of the connection.", 1, {{"cipher", tls.cipher}});
      if (tls.verdict.ok()) {
        add("probe_ssl_last_chain_expiry_timestamp_seconds",
            "When the verified chain that lasts longest expires, Unix time.",
            tls.last_chain_expiry ? seconds_of(*tls.last_chain_expiry) : kNoChain);
      }
    }
    if (!tls.leaf) return;
    add("probe_ssl_last_chain_info", "The server's certificate.", 1,
        {{"fingerprint_sha256", tls.leaf->fingerprint_sha256},
         {"subject", tls.leaf->subject},
         {"issuer", tls.leaf->issuer},
         {"subjectalternative", fmt::format("{}", fmt::join(tls.leaf->dns_names, ","))},
         {"serialnumber", tls.leaf->serial}});
  }

  static constexpr std::string_view kExpiryHelp = "Earliest expiry in the certificate chain as sent, Unix time.";

  const ProbeResult& result_;
  const config::Module& module_;
  std::vector<Sample> samples_;
};

}  // namespace

std::vector<Sample> probe_samples(const ProbeResult& result, const config::Module& module) {
  return Writer(result, module).write();
}

}  // namespace nines::probes
