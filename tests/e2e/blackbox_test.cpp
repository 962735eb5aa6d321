// The same targets probed by Debian's blackbox_exporter and by the agent: the same metrics, values that are times
// aside.

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/tools.hpp"

using namespace nines::e2e;
using namespace nines::harness;

namespace {

constexpr const char* kHere = NINES_SOURCE_DIR "/tests/e2e/";

constexpr const char* kModules = R"(
modules:
  plain: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4}}
  trusting: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, tls_config: {ca_file: '{CA}'}}}
  insecure: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true}}}
  still: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, follow_redirects: false}}
  any_status: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, valid_status_codes: [404, 500]}}
  versions: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, valid_http_versions: ['HTTP/2.0']}}
  head: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, method: HEAD}}
  no_hello: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, fail_if_body_matches_regexp: [hello]}}
  wants_hello: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: [hello]}}
  wants_peer: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4,
    fail_if_header_not_matches: [{header: X-Peer, regexp: two}]}}
  basic: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, basic_auth: {username: user, password: pass word}}}
  small: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, body_size_limit: 1KB}}
  not_ssl: {prober: http, timeout: 3s, http: {preferred_ip_protocol: ip4, fail_if_not_ssl: true}}
  tcp: {prober: tcp, timeout: 3s, tcp: {preferred_ip_protocol: ip4}}
  banner: {prober: tcp, timeout: 3s, tcp: {preferred_ip_protocol: ip4,
    query_response: [{expect: '^220 ([^ ]+) ESMTP'}, {send: "QUIT\r"}, {expect: '^221'}]}}
  wrong_banner: {prober: tcp, timeout: 1s, tcp: {preferred_ip_protocol: ip4, query_response: [{send: "QUIT"}, {expect: '^SSH'}]}}
  starttls: {prober: tcp, timeout: 3s, tcp: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true},
    query_response: [{expect: '^220 '}, {send: "EHLO prober\r"}, {expect: '^250-STARTTLS'}, {send: "STARTTLS\r"},
      {expect: '^220'}, {starttls: true}, {send: "EHLO prober\r"}, {expect: '^250 DSN'}, {send: "QUIT\r"}]}}
  tcp_tls: {prober: tcp, timeout: 3s, tcp: {preferred_ip_protocol: ip4, tls: true, tls_config: {ca_file: '{CA}'}}}
  grpc: {prober: grpc, timeout: 3s, grpc: {preferred_ip_protocol: ip4}}
  grpc_down: {prober: grpc, timeout: 3s, grpc: {preferred_ip_protocol: ip4, service: down}}
  grpc_missing: {prober: grpc, timeout: 3s, grpc: {preferred_ip_protocol: ip4, service: missing}}
  dns: {prober: dns, timeout: 3s, dns: {preferred_ip_protocol: ip4, query_name: peer.example, query_type: A}}
  dns_tcp: {prober: dns, timeout: 3s, dns: {preferred_ip_protocol: ip4, transport_protocol: tcp, query_name: peer.example, query_type: A}}
  dns_soa: {prober: dns, timeout: 3s, dns: {preferred_ip_protocol: ip4, query_name: peer.example, query_type: SOA}}
  dns_missing: {prober: dns, timeout: 3s, dns: {preferred_ip_protocol: ip4, query_name: missing.example, query_type: A}}
  dns_rules: {prober: dns, timeout: 3s, dns: {preferred_ip_protocol: ip4, query_name: peer.example, query_type: A,
    validate_answer_rrs: {fail_if_matches_regexp: ['192\.0\.2\.2']}}}
)";

struct Case {
  const char* module;
  const char* target;  // {NAME} is the port of that peer
};

constexpr Case kCases[] = {
    {"plain", "http://127.0.0.1:{http}/"},
    {"plain", "127.0.0.1:{http}"},
    {"plain", "http://127.0.0.1:{http}/redirect"},
    {"plain", "http://127.0.0.1:{http}/loop"},
    {"still", "http://127.0.0.1:{http}/redirect"},
    {"plain", "http://127.0.0.1:{http}/nothing"},
    {"plain", "http://127.0.0.1:{http}/error"},
    {"plain", "http://127.0.0.1:{http}/empty"},
    {"plain", "http://127.0.0.1:{http}/dated"},
    {"any_status", "http://127.0.0.1:{http}/nothing"},
    {"any_status", "http://127.0.0.1:{http}/"},
    {"versions", "http://127.0.0.1:{http}/"},
    {"head", "http://127.0.0.1:{http}/"},
    {"no_hello", "http://127.0.0.1:{http}/"},
    {"wants_hello", "http://127.0.0.1:{http}/"},
    {"wants_hello", "http://127.0.0.1:{http}/nothing"},
    {"wants_peer", "http://127.0.0.1:{http}/"},
    {"basic", "http://127.0.0.1:{http}/auth"},
    {"plain", "http://127.0.0.1:{http}/auth"},
    {"small", "http://127.0.0.1:{http}/large"},
    {"small", "http://127.0.0.1:{http}/"},
    {"not_ssl", "http://127.0.0.1:{http}/"},
    {"plain", "http://127.0.0.1:{closed}/"},
    {"plain", "http://no-such-name.invalid/"},
    {"plain", "http://127.0.0.1:{banner}/"},
    {"trusting", "https://127.0.0.1:{good}/"},
    {"trusting", "https://127.0.0.1:{good}/redirect"},
    {"trusting", "https://127.0.0.1:{self}/"},
    {"trusting", "https://127.0.0.1:{expired}/"},
    {"plain", "https://127.0.0.1:{good}/"},
    {"insecure", "https://127.0.0.1:{good}/"},
    {"insecure", "https://127.0.0.1:{self}/"},
    {"insecure", "https://127.0.0.1:{expired}/"},
    {"insecure", "https://127.0.0.1:{http}/"},
    {"tcp", "127.0.0.1:{http}"},
    {"tcp", "127.0.0.1:{closed}"},
    {"tcp", "no-such-name.invalid:25"},
    {"banner", "127.0.0.1:{banner}"},
    {"wrong_banner", "127.0.0.1:{banner}"},
    {"starttls", "127.0.0.1:{banner}"},
    {"tcp_tls", "127.0.0.1:{banner_tls}"},
    {"tcp_tls", "127.0.0.1:{self}"},
    {"tcp_tls", "127.0.0.1:{http}"},
    {"grpc", "127.0.0.1:{grpc}"},
    {"grpc_down", "127.0.0.1:{grpc}"},
    {"grpc_missing", "127.0.0.1:{grpc}"},
    {"grpc", "127.0.0.1:{closed}"},
    {"dns", "127.0.0.1:{dns}"},
    {"dns_tcp", "127.0.0.1:{dns_tcp}"},
    {"dns_soa", "127.0.0.1:{dns}"},
    {"dns_missing", "127.0.0.1:{dns}"},
    {"dns_rules", "127.0.0.1:{dns}"},
    {"dns", "no-such-name.invalid:53"},
    {"dns_tcp", "127.0.0.1:{closed}"},
};

// What came to the exporter after 0.23, by the release, and what is ours.
constexpr const char* kAdded[] = {
    "probe_tls_cipher_info",      // 0.25
    "probe_failed_due_to_bytes",  // 0.28
    "probe_timeout_seconds",      // 0.29
    "probe_failure_info",         // ours
};
constexpr const char* kAddedLabels[] = {"serialnumber"};  // of probe_ssl_last_chain_info, 0.26
// Facts of a certificate that was refused, which the exporter does not have: added of a probe that failed alone.
constexpr const char* kCertificateFacts[] = {"probe_ssl_", "probe_tls_"};
// Values that are times. Their names and labels must be the same.
constexpr const char* kTimes[] = {"probe_duration_seconds", "probe_dns_lookup_time_seconds",
                                  "probe_http_duration_seconds", "probe_dns_duration_seconds",
                                  "probe_grpc_duration_seconds"};

bool any(auto&& words, auto&& predicate) {
  return std::ranges::any_of(words, predicate);
}

std::string filled(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    const std::string mark = "{" + name + "}";
    for (std::size_t at = 0; (at = text.find(mark)) != std::string::npos;) text.replace(at, mark.size(), value);
  }
  return text;
}

using Samples = std::map<std::string, std::string>;  // name and labels, value

// A sample's labels without those that were added later, in an order of their own.
std::string normal(const std::string& name) {
  const auto open = name.find('{');
  if (open == std::string::npos) return name;
  std::set<std::string> labels;
  std::string label;
  bool quoted = false;
  for (std::size_t i = open + 1; i + 1 < name.size(); ++i) {
    if (name[i] == '"' && name[i - 1] != '\\') quoted = !quoted;
    if (name[i] == ',' && !quoted) {
      labels.insert(std::exchange(label, {}));
    } else {
      label += name[i];
    }
  }
  labels.insert(label);
  std::string text = name.substr(0, open) + "{";
  for (const std::string& one : labels) {
    if (!any(kAddedLabels, [&](const char* added) { return one.starts_with(std::string(added) + "="); })) {
      text += one + ",";
    }
  }
  return text + "}";
}

Samples samples(const std::string& page) {
  Samples found;
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#') || line.empty()) continue;
    const std::string name = normal(line.substr(0, line.rfind(' ')));
    const bool time = any(kTimes, [&](const char* one) { return name.starts_with(one); });
    found[name] = time ? "a time" : fmt::format("{}", std::stod(line.substr(line.rfind(' ') + 1)));
  }
  return found;
}

// One line for each sample that differs.
std::string difference(const Samples& theirs, const Samples& ours) {
  std::string text;
  for (const auto& [name, value] : theirs) {
    const auto found = ours.find(name);
    if (found == ours.end()) {
      text += fmt::format("  {} {} is missing\n", name, value);
    } else if (found->second != value) {
      text += fmt::format("  {} is {}; the exporter has {}\n", name, found->second, value);
    }
  }
  const bool failed = ours.contains("probe_success") && ours.at("probe_success") == "0";
  for (const auto& [name, value] : ours) {
    const auto begins = [&](const char* one) { return name.starts_with(one); };
    const bool added = any(kAdded, begins) || (failed && any(kCertificateFacts, begins));
    if (!theirs.contains(name) && !added) text += fmt::format("  {} {} is added\n", name, value);
  }
  return text;
}

void make_certificates(const std::string& folder) {
  const Finished made = run({"bash", std::string(kHere) + "peer_certificates.sh", folder});
  INFO(made.errors);
  REQUIRE(made.status == 0);
}

}  // namespace

TEST_CASE("the agent and Debian's blackbox_exporter tell the same of the same targets") {
  const TempDir directory;
  make_certificates(directory.path().string());
  Process peers({"/usr/bin/python3", std::string(kHere) + "peers.py", directory.path().string()});
  peers.wait_for_output("}\n");
  std::map<std::string, std::string> values{{"closed", std::to_string(free_port())}};
  const Json ports = Json::parse(peers.output());
  for (const auto& [name, port] : ports.items()) values[name] = std::to_string(port.get<int>());
  Process health({"/usr/bin/python3", NINES_SOURCE_DIR "/tests/probes/servers/health_over_grpc.py"});
  health.wait_for_output("\n");
  values["grpc"] = std::to_string(std::stoi(health.output()));
  values["CA"] = (directory.path() / "ca.pem").string();
  const std::string modules = directory.write("blackbox.yml", filled(kModules, values)).string();

  const std::string address = fmt::format("127.0.0.1:{}", free_port());
  Process exporter(
      {tool("prometheus-blackbox-exporter"), "--config.file=" + modules, "--web.listen-address=" + address});
  exporter.wait_for_errors("Listening on");
  const Agent agent(
      fmt::format("module_files: ['{}']\n"
                  "probe_endpoint: {{enabled: true}}\n"
                  "checks: [{{name: a, service: s, target: 'http://127.0.0.1:9/', interval: 1h}}]\n",
                  modules));

  for (const Case& one : kCases) {
    const std::string target = filled(one.target, values);
    const std::string path = fmt::format("/probe?module={}&target={}", one.module, url_encoded(target));
    const Reply theirs = get("http://" + address + path);
    const Reply ours = get(agent.url(path));
    INFO(one.module << " " << one.target);
    CHECK(theirs.status == ours.status);
    CHECK(difference(samples(theirs.body), samples(ours.body)) == "");
  }
}
