#include "agent/probe_metrics.hpp"

#include <charconv>

#include "agent/family.hpp"

namespace nines::agent {
namespace {

using prometheus::Labels;

double number_of(const std::string& version) {
  double number = 0;
  std::from_chars(version.data(), version.data() + version.size(), number);
  return number;
}

struct HttpFamilies {
  FamilyBuilder ip_protocol{"probe_ip_protocol", "IP version of the connection: 4 or 6."};
  FamilyBuilder lookup{"probe_dns_lookup_time_seconds", "Time taken to resolve the name."};
  FamilyBuilder phases{"probe_http_duration_seconds", "Duration of the HTTP request by phase, summed over redirects."};
  FamilyBuilder status{"probe_http_status_code", "Status of the final answer; 0: none."};
  FamilyBuilder length{"probe_http_content_length", "Length the answer declared; -1: none."};
  FamilyBuilder body{"probe_http_uncompressed_body_length", "Length of the body, decoded."};
  FamilyBuilder redirects{"probe_http_redirects", "Redirects followed."};
  FamilyBuilder ssl{"probe_http_ssl", "Whether the final answer came over TLS."};
  FamilyBuilder version{"probe_http_version", "HTTP version of the final answer."};
  FamilyBuilder regex{"probe_failed_due_to_regex", "Whether a regular expression made the probe fail."};
  FamilyBuilder modified{"probe_http_last_modified_timestamp_seconds", "Last-Modified of the answer."};
  FamilyBuilder expiry{"probe_ssl_earliest_cert_expiry", "Earliest expiry in the certificate chain, Unix time."};
  FamilyBuilder tls{"probe_tls_version_info", "TLS version of the connection."};

  void add(const Labels& labels, const RunReport& run) {
    const probes::ProbeResult& probe = run.probe;
    const probes::HttpFacts& http = probe.http;
    if (probe.ip_family != 0) ip_protocol.add(labels, probe.ip_family);
    lookup.add(labels, seconds(probe.phases.resolve));
    for (std::size_t i = 0; i < std::size(kPhaseNames); ++i) {
      phases.add(labels, "phase", std::string(kPhaseNames[i]), seconds(probe.phases.*kPhaseFields[i]));
    }
    status.add(labels, http.status);
    length.add(labels, static_cast<double>(http.content_length));
    body.add(labels, static_cast<double>(http.body_bytes));
    redirects.add(labels, http.redirects);
    ssl.add(labels, http.tls ? 1 : 0);
    version.add(labels, number_of(http.version));
    regex.add(labels, http.failed_due_to_regex ? 1 : 0);
    if (http.last_modified) modified.add(labels, seconds(http.last_modified->time_since_epoch()));
    if (http.earliest_cert_expiry) expiry.add(labels, seconds(http.earliest_cert_expiry->time_since_epoch()));
    if (!http.tls_version.empty()) tls.add(labels, "version", http.tls_version, 1);
  }

  void move_to(std::vector<prometheus::MetricFamily>& families) {
    for (FamilyBuilder* family : {&ip_protocol, &lookup, &phases, &status, &length, &body, &redirects, &ssl, &version,
                                  &regex, &modified, &expiry, &tls}) {
      families.push_back(std::move(*family).take());
    }
  }
};

}  // namespace

std::vector<prometheus::MetricFamily> probe_metrics(const config::Config& config, std::span<const CheckView> views) {
  FamilyBuilder success("probe_success", "Whether the last run succeeded.");
  FamilyBuilder duration("probe_duration_seconds", "Duration of the last run.");
  HttpFamilies http;
  for (const CheckView& view : views) {
    if (!view.last) continue;
    const Labels labels = check_labels(config, *view.schedule);
    success.add(labels, view.last->result.row.success() ? 1 : 0);
    duration.add(labels, seconds(view.last->result.row.duration));
    if (view.check != nullptr) http.add(labels, *view.last);
  }
  std::vector<prometheus::MetricFamily> families;
  families.push_back(std::move(success).take());
  families.push_back(std::move(duration).take());
  http.move_to(families);
  return families;
}

}  // namespace nines::agent
