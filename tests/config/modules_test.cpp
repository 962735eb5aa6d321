// The whole of blackbox_exporter's schema, read from one of its files, and what checks make of it.

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "config/load.hpp"
#include "config/module.hpp"
#include "tests/config/support.hpp"

namespace nines::config {
namespace {

using std::chrono::seconds;
using Pairs = std::vector<std::pair<std::string, std::string>>;

Loaded exporter() {
  auto result = load(test_folder("good") + "/exporter.yml", test_environment());
  if (!result) FAIL(result.error().front().text());
  return std::move(*result);
}

const Module& module(const Config& config, const std::string& name) {
  const auto found = config.modules.find(name);
  if (found == config.modules.end()) FAIL("no module " + name);
  return *found->second;
}

TEST_CASE("every key of an http module is read") {
  const Config config = exporter().config;
  const Module& all = module(config, "http_all");
  CHECK(all.timeout == seconds(5));
  CHECK(all.unsupported.empty());
  const HttpModule& http = all.http;
  CHECK(http.valid_status_codes == std::vector{200, 204});
  CHECK(http.valid_http_versions == std::vector<std::string>{"HTTP/1.1", "HTTP/2.0"});
  CHECK(http.dial.preferred_ip_protocol == IpProtocol::ip6);
  CHECK_FALSE(http.dial.ip_protocol_fallback);
  CHECK(http.skip_resolve_phase_with_proxy);
  CHECK_FALSE(http.follow_redirects);
  CHECK_FALSE(http.enable_http2);
  CHECK(http.fail_if_not_ssl);
  CHECK(http.method == "POST");
  CHECK(http.client.headers == Pairs{{"Host", "vhost.example"},
                                     {"Accept-Encoding", "gzip;q=0.5, *;q=0.1"},
                                     {"X-Literal", "${NOT_A_VARIABLE}"},
                                     {"X-Several", "one"},
                                     {"X-Several", "two"},
                                     {"X-Several", "hush-header"},
                                     {"X-Several", "hush-file"}});
  CHECK(http.body == R"({"a": "${b}"})");
  CHECK(http.body_size_limit == 20 << 20);
  CHECK(http.compression == "gzip");
  CHECK(http.fail_if_header_matches.at(0).allow_missing);
  CHECK(http.fail_if_header_not_matches.at(0).header == "Server");
}

TEST_CASE("proxy, OAuth 2 and TLS of an http module are read") {
  const Config config = exporter().config;
  const HttpClient& client = module(config, "http_all").http.client;
  CHECK(client.secret_headers == std::vector<std::string>{"X-Several"});
  CHECK(client.proxy.url == "http://proxy.example:3128");
  CHECK(client.proxy.username == "user");
  CHECK(client.proxy.password.reveal() == "hush proxy");
  CHECK(client.proxy.no_proxy == "localhost,10.0.0.0/8");
  REQUIRE(client.proxy.connect_headers.size() == 2);
  CHECK(client.proxy.connect_headers[1].second.reveal() == "hush-via2");
  REQUIRE(client.oauth2.has_value());
  CHECK(client.oauth2->client_id == "probe");
  CHECK(client.oauth2->client_secret.reveal() == "hush-client");
  CHECK(client.oauth2->scopes == std::vector<std::string>{"a", "b"});
  CHECK(client.oauth2->token_url == "https://login.example/token");
  CHECK(client.oauth2->endpoint_params == Pairs{{"audience", "api"}, {"password", "hush-param"}});
  CHECK(client.oauth2->tls.insecure_skip_verify);
  CHECK(client.oauth2->proxy.url == "http://other.example:8080");
  CHECK(client.tls.ca_file.ends_with("good/parts/secret.txt"));
  CHECK(client.tls.ca_file.starts_with("/"));
  CHECK(client.tls.cert == "-----BEGIN CERTIFICATE-----\n");
  CHECK(client.tls.key.reveal() == "-----BEGIN PRIVATE KEY-----\nhush-key\n");
  CHECK(client.tls.server_name == "tls.example");
  CHECK(client.tls.min_version == "TLS12");
  CHECK(client.tls.max_version == "TLS13");
}

TEST_CASE("each kind of credentials is read") {
  const Config config = exporter().config;
  const auto basic = module(config, "http_basic").http.client.basic_auth;
  REQUIRE(basic.has_value());
  CHECK(basic->username == "hush-file");
  CHECK(basic->password.reveal() == "hush-file");
  const HttpClient& authorization = module(config, "http_authorization").http.client;
  CHECK(authorization.authorization_type == "Token");
  CHECK(authorization.authorization_credentials->reveal() == "hush-credentials");
  CHECK(module(config, "http_bearer").http.client.authorization_credentials->reveal() == "hush-file");
}

TEST_CASE("every key of the other probers is read") {
  const Config config = exporter().config;
  const TcpModule& tcp = module(config, "tcp_all").tcp;
  CHECK(tcp.dial.source_ip_address == "127.0.0.1");
  CHECK(tcp.dial.preferred_ip_protocol == IpProtocol::ip4);
  REQUIRE(tcp.query_response.size() == 4);
  CHECK(tcp.query_response[0].expect->pattern == "^220 (.*)$");
  CHECK(tcp.query_response[0].labels == Pairs{{"banner", "${1}"}});
  CHECK(tcp.query_response[1].send == "EHLO ${1}\r");
  CHECK_FALSE(tcp.query_response[1].expect.has_value());
  CHECK(tcp.query_response[2].starttls);
  CHECK(tcp.query_response[3].expect_bytes == "OK");
  CHECK(tcp.tls);
  CHECK(tcp.tls_config.server_name == "mail.example");

  const DnsModule& dns = module(config, "dns_all").dns;
  CHECK(dns.tcp);
  CHECK(dns.dns_over_tls);
  CHECK(dns.tls_config.insecure_skip_verify);
  CHECK(dns.query_name == "example.com");
  CHECK(dns.query_type == 65);
  CHECK(dns.query_class == 3);
  CHECK_FALSE(dns.recursion_desired);
  CHECK(dns.valid_rcodes == std::vector<std::string>{"NXDOMAIN", "NO_SUCH_CODE"});
  CHECK(dns.answer.fail_if_matches_regexp.at(0).pattern == "a");
  CHECK(dns.answer.fail_if_all_match_regexp.at(0).pattern == "b");
  CHECK(dns.authority.fail_if_not_matches_regexp.at(0).pattern == "c");
  CHECK(dns.authority.fail_if_none_matches_regexp.at(0).pattern == "d");

  const IcmpModule& icmp = module(config, "icmp_all").icmp;
  CHECK(icmp.payload_size == 56);
  CHECK(icmp.dont_fragment);
  CHECK(icmp.ttl == 0);

  const GrpcModule& grpc = module(config, "grpc_all").grpc;
  CHECK(grpc.service == "shop");
  CHECK(grpc.tls);
  CHECK(grpc.tls_config.server_name == "grpc.example");
  CHECK(grpc.dial.preferred_ip_protocol == IpProtocol::ip6);
  CHECK(grpc.metadata == Pairs{{"key", "one"}, {"key", "two"}, {"authorization", "Bearer hush-metadata"}});

  CHECK(module(config, "unix_all").unix_socket.query_response.size() == 2);

  const WebsocketModule& websocket = module(config, "websocket_all").websocket;
  CHECK(websocket.client.authorization_credentials->reveal() == "hush-socket");
  CHECK(module(config, "websocket_all").unsupported.empty());
  CHECK(module(config, "ws_proxy").websocket.client.proxy.url == "socks5://127.0.0.1:1080");
  CHECK(websocket.client.secret_headers == std::vector<std::string>{"X-Key"});
  CHECK(websocket.client.headers == Pairs{{"X-Key", "v"}, {"X-Key", "hush-wsheader"}});
  CHECK(websocket.query_response.at(1).expect->pattern == "^hello$");
  CHECK_FALSE(websocket.dial.ip_protocol_fallback);
}

TEST_CASE("merge keys, empty values and sections of other probers are as in the exporter") {
  const Config config = exporter().config;
  const Module& merged = module(config, "merged");
  CHECK(merged.prober == Prober::tcp);
  CHECK(merged.timeout == seconds(7));
  CHECK(merged.tcp.query_response.size() == 4);
  CHECK(merged.http.method == "HEAD");
  CHECK(module(config, "http_nothing").http.body.empty());
}

TEST_CASE("what cannot be done here is no fault, but the module says so and the configuration lists it") {
  const Loaded loaded = exporter();
  const struct {
    const char* module;
    const char* word;
    const char* instead;
  } cases[] = {{"cel", "fail_if_body_json_matches_cel", "fail_if_body_json_matches_jq"},
               {"http3", "HTTP/3", "HTTP/2.0"},
               {"ws_proxy", "proxy_url", "without"},
               {"ws_oauth2", "oauth2", "authorization"},
               {"environment", "proxy_from_environment", "proxy_url"},
               {"lost", "/nowhere/password", "No such file"}};
  for (const auto& [name, word, instead] : cases) {
    INFO(name);
    const std::string& sentence = module(loaded.config, name).unsupported;
    CHECK(sentence.find(word) != std::string::npos);
    CHECK(sentence.find(instead) != std::string::npos);
  }
  REQUIRE(loaded.config.unsupported.size() == 8);  // http3 and ws_proxy have two places
  for (const Error& place : loaded.config.unsupported) CHECK(place.at->file.ends_with("parts/blackbox.part"));
  CHECK(module(loaded.config, "http_all").unsupported.empty());
}

TEST_CASE("mistakes that the exporter finds when it probes do not stop its file from loading here") {
  const std::string name = "/tmp/nines-flaws-" + std::to_string(::getpid()) + ".yml";
  const char* sections[] = {"http, http: {method: 'G T'}",
                            "http, http: {valid_status_codes: [99]}",
                            "http, http: {compression: zstd}",
                            "http, http: {proxy_url: 'a:80'}",
                            "http, http: {tls_config: {cert_file: a}}",
                            "http, http: {preferred_ip_protocol: ip5}",
                            "tcp, tcp: {source_ip_address: x}",
                            "dns",
                            "dns, dns: {query_name: a, dns_over_tls: true}",
                            "dns, dns: {query_name: a, validate_answer_rrs: {fail_if_matches_regexp: ['(']}}",
                            "icmp, icmp: {payload_size: 70000}",
                            "gopher"};
  for (const char* section : sections) {
    INFO(section);
    std::ofstream(name) << "modules: {a: {prober: " << section << "}}\n";
    const auto loaded = load_modules(name, test_environment());
    if (!loaded) FAIL_CHECK(loaded.error().front().text());
    if (!loaded) continue;
    CHECK_FALSE(loaded->config.modules.at("a")->unsupported.empty());
    CHECK_FALSE(loaded->config.unsupported.empty());
    CHECK_FALSE(faults("modules: {a: {prober: " + std::string(section) + "}}\nchecks: [{name: a, target: x}]").empty());
  }
  for (const char* section : {"http, http: {preferred_ip_protocol: '', headers: {A: }, compression: ''}",
                              "dns, dns: {query_name: a, transport_protocol: '', query_type: ''}"}) {
    INFO(section);
    std::ofstream(name) << "modules: {a: {prober: " << section << "}}\n";
    const auto loaded = load_modules(name, test_environment());
    REQUIRE(loaded.has_value());
    CHECK(loaded->config.unsupported.empty());
  }
  std::filesystem::remove(name);
}

TEST_CASE("what nines adds to a module is read, and a check's own wins") {
  const Config config = exporter().config;
  const Module& own = *config.check("as-it-is")->module;
  CHECK(own.max_duration == seconds(2));
  CHECK(own.addresses == Addresses::one);
  CHECK(own.resolver == "127.0.0.1:5353");
  CHECK(own.http.connection == Connection::reuse);
  CHECK(own.http.header_size_limit == 64 << 10);
  CHECK(own.http.dial.source_ip_address == "127.0.0.1");
  CHECK(own.http.fail_if_body_json_matches_jq.at(0).text == ".status != \"ok\"");
  CHECK(own.http.fail_if_body_json_not_matches_jq.at(0).text == ".ready");
  CHECK(own.http.client.tls.fail_if_expires_within == std::chrono::days(14));
  const Module& overridden = *config.check("overridden")->module;
  CHECK(overridden.max_duration == seconds(1));
  CHECK(overridden.addresses == Addresses::all);
  CHECK(overridden.resolver == "[::1]:53,192.0.2.1:54");
  CHECK(overridden.http.connection == Connection::reuse);
}

TEST_CASE("a check's target comes out as its prober takes it") {
  const Config config = exporter().config;
  const struct {
    const char* check;
    Prober prober;
    const char* target;
  } cases[] = {
      {"tcp-scheme", Prober::tcp, "db.example:5432"},
      {"tls-scheme", Prober::tcp, "db.example:5433"},
      {"tcp-module", Prober::tcp, "smtp.example:25"},
      {"dns-scheme", Prober::dns, "192.0.2.53:53"},
      {"dns-question", Prober::dns, "192.0.2.53:53"},
      {"dns-module", Prober::dns, "[2001:db8::53]:53"},
      {"icmp-scheme", Prober::icmp, "gateway.example"},
      {"icmp-section", Prober::icmp, "2001:db8::1"},
      {"grpc-scheme", Prober::grpc, "app.example:50051"},
      {"grpcs-scheme", Prober::grpc, "app.example:443"},
      {"grpc-url", Prober::grpc, "app.example:50051"},
      {"unix-scheme", Prober::unix_socket, "/run/app.sock"},
      {"unix-module", Prober::unix_socket, "/run/app.sock"},
      {"websocket-scheme", Prober::websocket, "wss://chat.example/socket"},
      {"idn", Prober::http, "https://bücher.example/"},
      {"many@a.example:1", Prober::tcp, "a.example:1"},
      {"many@[::1]:2", Prober::tcp, "[::1]:2"},
  };
  for (const auto& [name, prober, target] : cases) {
    INFO(name);
    const Check* check = config.check(name);
    REQUIRE(check != nullptr);
    CHECK(check->module->prober == prober);
    CHECK(check->target == target);
  }
  CHECK(config.check("tls-scheme")->module->tcp.tls);
  CHECK_FALSE(config.check("tcp-scheme")->module->tcp.tls);
  CHECK(config.check("grpcs-scheme")->module->grpc.tls);
  CHECK(config.check("grpcs-scheme")->module->max_duration == seconds(1));
  CHECK(config.check("grpc-url")->module->grpc.tls);
  CHECK(config.check("grpc-url")->module->grpc.service == "shop");
  CHECK(config.check("icmp-section")->module->icmp.ttl == 3);
  CHECK(config.check("dns-question")->module->dns.query_name == "example.com");
  CHECK(config.check("dns-question")->module->dns.query_type == 15);
  CHECK(config.check("dns-scheme")->module->dns.query_name == ".");
  CHECK(config.check("many@a.example:1")->module == config.check("many@[::1]:2")->module);
  CHECK(config.check("many@a.example:1")->module->tcp.query_response.at(0).send == "hi ${1}");
}

TEST_CASE("the scheme of one URL chooses its prober") {
  CHECK(for_target("tcp://127.0.0.1:22")->checks[0].module->prober == Prober::tcp);
  CHECK(for_target("tcp://127.0.0.1:22")->checks[0].schedule.name == "tcp://127.0.0.1:22");
  CHECK(for_target("dns://192.0.2.1/example.com?type=AAAA")->checks[0].module->dns.query_type == 28);
  CHECK(for_target("icmp://localhost")->checks[0].target == "localhost");
  CHECK(for_target("grpcs://a.example")->checks[0].module->grpc.tls);
  CHECK(for_target("unix:///run/x")->checks[0].target == "/run/x");
  CHECK(for_target("ws://a.example")->checks[0].module->prober == Prober::websocket);
  CHECK(for_target("http://a.example/?u=tcp://b")->checks[0].module->prober == Prober::http);
  for (const char* wrong : {"tcp://a", "icmp://", "unix://", "dns://a/?type=A", "ws://u@a", "tcp://a b:1"}) {
    INFO(wrong);
    CHECK_FALSE(for_target(wrong).has_value());
  }
}

TEST_CASE("a file of the exporter loads alone, and may hold only modules") {
  const auto loaded = load_modules(test_folder("good") + "/parts/blackbox.part", test_environment());
  REQUIRE(loaded.has_value());
  CHECK(loaded->config.modules.size() == 18);
  CHECK(loaded->config.checks.empty());
  CHECK_FALSE(load_modules(test_folder("good") + "/only_journey.yml", test_environment()).has_value());
  CHECK_FALSE(load_modules("/nowhere", test_environment()).has_value());
}

TEST_CASE("an Accept-Encoding accepts by the order of its qualities") {
  const struct {
    const char* accept;
    const char* encoding;
    bool accepted;
  } cases[] = {{"", "gzip", true},
               {"gzip", "", true},
               {"compress, gzip", "gzip", true},
               {"gzip, compress", "br", false},
               {"gzip, compress, *;q=0.1", "br", true},
               {"gzip, compress, *;q=0.0", "br", false},
               {"*;q=0.0, compress;q=0.5, br;q=0.1, gzip;q=1.0", "br", true},
               {"br;q=0, *", "br", true},  // the higher quality is asked first, as the exporter does
               {"gzip;q=0.0001", "gzip", false},
               {"gzip;q=x", "gzip", false},
               {"identity", "gzip", false}};
  for (const auto& [accept, encoding, accepted] : cases) {
    INFO(accept << " / " << encoding);
    CHECK(accepts_encoding(accept, encoding) == accepted);
  }
}

}  // namespace
}  // namespace nines::config
