#include "probes/http/proxy.hpp"

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <openssl/ssl.h>

#include "probes/target_policy.hpp"
#include "tests/harness/process.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/harness/tools.hpp"
#include "tests/probes/certificates.hpp"
#include "tests/probes/dns_server.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

using Catch::Contains;
using config::HttpModule;

// A real proxy, tinyproxy's.
class Tinyproxy {
 public:
  explicit Tinyproxy(const std::string& more = {}) : port_(harness::free_port()) {
    const auto file = folder_.write("tinyproxy.conf", "Port " + std::to_string(port_) +
                                                          "\nListen 127.0.0.1\nTimeout 30\nMaxClients 20\n"
                                                          "LogLevel Info\n" +
                                                          more);
    process_ = std::make_unique<harness::Process>(
        std::vector<std::string>{harness::tool("tinyproxy"), "-d", "-c", file.string()});
    process_->wait_for_output("Accepting connections");
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string log() const { return process_->output(); }

 private:
  harness::TempDir folder_;
  int port_;
  std::unique_ptr<harness::Process> process_;
};

HttpModule by(const std::string& proxy) {
  HttpModule module;
  module.client.proxy.url = proxy;
  module.client.tls.insecure_skip_verify = true;
  return module;
}

TEST_CASE("no_proxy is read as Go reads it") {
  struct Case {
    const char* list;
    const char* host;
    int port;
    bool bypassed;
  };
  for (const auto& [list, host, port, bypassed] : std::vector<Case>{
           {"", "localhost", 80, false},
           {"", "127.0.0.1", 80, false},
           {"x.example", "localhost", 80, true},
           {"x.example", "127.0.0.1", 80, true},
           {"x.example", "::1", 80, true},
           {"*", "any.example", 80, true},
           {"a.example, b.example", "b.example", 80, true},
           {"a.example,b.example", "c.example", 80, false},
           {"example.com", "www.example.com", 80, true},
           {"example.com", "notexample.com", 80, false},
           {"EXAMPLE.com", "www.example.COM", 80, true},
           {".example.com", "www.example.com", 80, true},
           {".example.com", "example.com", 80, false},
           {"*.example.com", "www.example.com", 80, true},
           {"*.example.com", "example.com", 80, false},
           {"example.com:8080", "example.com", 8080, true},
           {"example.com:8080", "example.com", 80, false},
           {"192.0.2.7", "192.0.2.7", 80, true},
           {"192.0.2.7", "192.0.2.8", 80, false},
           {"192.0.2.7:81", "192.0.2.7", 80, false},
           {"192.0.2.7", "::ffff:192.0.2.7", 80, true},
           {"192.0.2.0/24", "192.0.2.200", 80, true},
           {"192.0.2.0/24", "192.0.3.1", 80, false},
           {"192.0.2.0/99", "192.0.2.1", 80, false},
           {"2001:db8::/32", "2001:db8:1::7", 443, true},
           {"2001:db8::1", "2001:db8::1", 443, true},
           {"[2001:db8::1]:443", "2001:db8::1", 443, true},
           {"[2001:db8::1]:443", "2001:db8::1", 80, false},
           {" , ,", "any.example", 80, false},
       }) {
    INFO(list << " " << host << " " << port);
    CHECK(bypasses_proxy(list, host, port) == bypassed);
  }
}

TEST_CASE("a proxy's URL is taken apart, and one that is none is told") {
  CHECK(parse_proxy("http://proxy.example:3128")->text() == "http://proxy.example:3128");
  CHECK(parse_proxy("HTTPS://proxy.example/")->text() == "https://proxy.example:443");
  CHECK(parse_proxy("socks5h://proxy.example")->text() == "socks5://proxy.example:1080");
  CHECK(parse_proxy("socks5://[::1]")->text() == "socks5://[::1]:1080");
  for (const char* wrong : {"", "proxy:3128", "ftp://proxy", "http://", "http://:80", "http://h:99999"}) {
    INFO(wrong);
    CHECK_FALSE(parse_proxy(wrong).has_value());
  }
}

TEST_CASE("a probe by a real proxy sees the target, in the clear and over TLS") {
  const Tinyproxy proxy;
  const Certificate certificate = make_certificate({.names = "IP:127.0.0.1"});
  const auto context = server_context(certificate);
  Engine engine;
  for (const bool tls : {false, true}) {
    INFO(tls);
    Recorder recorder;
    ScriptedServer target(recorder.answers(ok("behind")), "127.0.0.1", tls ? context.get() : nullptr);
    const ProbeResult result = run_probe(engine, by(proxy.url()), target.url("/path?q=1"));
    CHECK(told(result.outcome) == "none: ");
    CHECK(result.status == 200);
    CHECK(result.body == "behind");
    CHECK("http://" + result.address == proxy.url());
    CHECK(result.ip_family == 4);
    CHECK(result.tls.has_value() == tls);
    CHECK_THAT(recorder.requests().at(0), Catch::StartsWith("GET /path?q=1 HTTP/1.1\r\n"));
    CHECK_THAT(recorder.requests().at(0), Contains("\r\nHost: 127.0.0.1:" + std::to_string(target.port()) + "\r\n"));
  }
  CHECK_THAT(proxy.log(), Contains("GET http://127.0.0.1:") && Contains("CONNECT 127.0.0.1:"));
}

TEST_CASE("user and password go to the proxy and to nobody else") {
  const Tinyproxy proxy("BasicAuth ann s3cret\n");
  const Certificate certificate = make_certificate({.names = "IP:127.0.0.1"});
  const auto context = server_context(certificate);
  Engine engine;
  for (const bool tls : {false, true}) {
    INFO(tls);
    Recorder recorder;
    ScriptedServer target(recorder.answers(ok("behind")), "127.0.0.1", tls ? context.get() : nullptr);
    HttpModule module = by(proxy.url());
    const ProbeResult refused = run_probe(engine, module, target.url());
    if (tls) {
      CHECK(told(refused.outcome) == "proxy_failure: the proxy " + proxy.url() + " at " + proxy.url().substr(7) +
                                         " answered 407 to CONNECT for 127.0.0.1:" + std::to_string(target.port()) +
                                         "; expected 200");
    } else {
      CHECK(refused.outcome.reason == Reason::http_status);
      CHECK(refused.status == 407);
    }
    module.client.proxy.username = "ann";
    module.client.proxy.password = Secret("s3cret");
    CHECK(told(run_probe(engine, module, target.url()).outcome) == "none: ");
    CHECK_THAT(recorder.requests().back(), !Contains("Proxy-Authorization"));
  }
}

TEST_CASE("a proxy is asked for the target's address, and for its name when it resolves") {
  DnsServer names([](const std::string& name, bool v6) -> std::optional<DnsAnswer> {
    if (name != "app.example" || v6) return DnsAnswer{};
    return DnsAnswer{.addresses = {"127.0.0.1"}};
  });
  Engine engine({.dns_servers = names.servers()});
  Recorder asked;
  ScriptedServer proxy(asked.answers(ok("by proxy")));
  const std::string url = "http://127.0.0.1:" + std::to_string(proxy.port());
  HttpModule module = by(url);
  module.client.authorization_credentials = Secret("t0ken");
  const ProbeResult located = run_probe(engine, module, "http://app.example:8080/x");
  CHECK(told(located.outcome) == "none: ");
  CHECK(std::get<HttpFacts>(located.facts).resolved);
  CHECK(located.ip_family == 4);
  CHECK_THAT(asked.requests().at(0), Catch::StartsWith("GET http://127.0.0.1:8080/x HTTP/1.1\r\n") &&
                                         Contains("\r\nHost: app.example:8080\r\n"));
  module.skip_resolve_phase_with_proxy = true;
  const ProbeResult named = run_probe(engine, module, "http://elsewhere.example/x");
  CHECK(told(named.outcome) == "none: ");
  CHECK_FALSE(std::get<HttpFacts>(named.facts).resolved);
  CHECK(named.ip_family == 0);
  CHECK_THAT(asked.requests().at(1), Catch::StartsWith("GET http://elsewhere.example/x HTTP/1.1\r\n"));
  module.client.proxy.no_proxy = "127.0.0.0/8";
  module.skip_resolve_phase_with_proxy = false;
  ScriptedServer target(answers(ok("direct")));
  CHECK(run_probe(engine, module, "http://app.example:" + std::to_string(target.port()) + "/").body == "direct");
}

TEST_CASE("headers for CONNECT go to the proxy alone, the request's own to the target alone") {
  Engine engine;
  Recorder asked;
  ScriptedServer proxy(asked.answers("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
  HttpModule module = by("http://127.0.0.1:" + std::to_string(proxy.port()));
  module.client.proxy.connect_headers = {{"X-Tenant", Secret("red")}};
  module.client.authorization_credentials = Secret("t0ken");
  module.client.headers = {{"X-Own", "1"}};
  const ProbeResult result = run_probe(engine, module, "https://127.0.0.1:9/");
  CHECK(result.outcome.reason == Reason::proxy_failure);
  CHECK_THAT(result.outcome.message, Contains("answered 503 to CONNECT for 127.0.0.1:9; expected 200"));
  CHECK_THAT(asked.requests().at(0),
             Catch::StartsWith("CONNECT 127.0.0.1:9 HTTP/1.1\r\n") && Contains("\r\nX-Tenant: red\r\n"));
  CHECK_THAT(asked.requests().at(0), !Contains("t0ken") && !Contains("X-Own"));
}

// RFC 1928 and 1929: as a server that knows one user, answers CONNECT with `reply` and is the target itself.
ScriptedServer::Script socks(Recorder& recorder, char reply) {
  return [&recorder, reply](Peer& peer) {
    using namespace std::string_literals;
    recorder.keep(peer.read_some());
    peer.send("\5\2"s);
    recorder.keep(peer.read_some());
    peer.send("\1\0"s);
    recorder.keep(peer.read_some());
    peer.send("\5"s + reply + "\0\1\0\0\0\0\0\0"s);
    if (reply != '\0') return;
    recorder.keep(peer.read_request());
    peer.send(ok("by socks"));
  };
}

TEST_CASE("a SOCKS5 proxy takes name or address, with user and password") {
  Engine engine;
  Recorder recorder;
  ScriptedServer proxy(socks(recorder, '\0'));
  HttpModule module = by("socks5://127.0.0.1:" + std::to_string(proxy.port()));
  module.client.proxy.username = "ann";
  module.client.proxy.password = Secret("s3cret");
  CHECK(run_probe(engine, module, "http://192.0.2.7:81/x").body == "by socks");
  CHECK(recorder.requests().at(1) == "\1\3ann\6s3cret");
  using namespace std::string_literals;
  CHECK(recorder.requests().at(2) == "\5\1\0\1\xc0\0\2\7\0\x51"s);
  CHECK_THAT(recorder.requests().at(3),
             Catch::StartsWith("GET /x HTTP/1.1\r\n") && Contains("\r\nHost: 192.0.2.7:81\r\n"));
  module.skip_resolve_phase_with_proxy = true;
  const ProbeResult named = run_probe(engine, module, "http://app.example/");
  CHECK(named.body == "by socks");
  CHECK(recorder.requests().at(6) == "\5\1\0\3\x0b"s + "app.example" + "\0\x50"s);
  ScriptedServer refusing(socks(recorder, '\2'));
  module.client.proxy.url = "socks5://127.0.0.1:" + std::to_string(refusing.port());
  const ProbeResult refused = run_probe(engine, module, "http://app.example/");
  CHECK(refused.outcome.reason == Reason::proxy_failure);
  CHECK_THAT(refused.outcome.message, Contains("opened no way to app.example:80"));
}

TEST_CASE("a proxy that is down, silent or no proxy is told as the proxy's") {
  Engine engine;
  const std::string down = "http://127.0.0.1:" + std::to_string(harness::free_port());
  const ProbeResult refused = run_probe(engine, by(down), "http://127.0.0.1:9/");
  CHECK(refused.outcome.reason == Reason::connect_refused);
  CHECK_THAT(refused.outcome.message,
             Contains("the proxy " + down + ": connect to ") && Contains("expected a connection to the proxy"));
  CHECK(refused.ip_family == 4);
  ScriptedServer silent([](Peer& peer) { peer.wait_for_close(); });
  const std::string url = "http://127.0.0.1:" + std::to_string(silent.port());
  const ProbeResult late = run_probe(engine,
                                     ProbeRequest{.module =
                                                      [&] {
                                                        auto module = std::make_shared<config::Module>();
                                                        module->http = by(url);
                                                        return module;
                                                      }(),
                                                  .target = "https://127.0.0.1:9/"},
                                     200ms);
  CHECK(late.outcome.reason == Reason::connect_timeout);
  CHECK_THAT(late.outcome.message, Contains("the proxy " + url) && Contains("within 200ms"));
  ScriptedServer closing([](Peer& peer) { peer.read_some(); });
  CHECK(run_probe(engine, by("http://127.0.0.1:" + std::to_string(closing.port())), "https://127.0.0.1:9/")
            .outcome.reason == Reason::proxy_failure);
  CHECK(run_probe(engine, by("socks5://127.0.0.1:" + std::to_string(closing.port())), "http://127.0.0.1:9/")
            .outcome.reason == Reason::proxy_failure);
}

// A proxy that answers what is in the clear, and opens no tunnel.
ScriptedServer::Script refuses_tunnels(Recorder& asked) {
  return [&asked](Peer& peer) {
    const std::string request = peer.read_request();
    if (request.empty()) return;
    asked.keep(request);
    if (!request.starts_with("CONNECT ")) return peer.send(ok("by proxy"));
    peer.send("HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n");
  };
}

TEST_CASE("an https:// proxy is verified by its own name, with the authorities of `tls_config`") {
  const Certificate root = make_certificate({.common_name = "root", .authority = true});
  const Certificate other = make_certificate({.common_name = "other", .authority = true});
  const auto context = server_context(make_certificate({.names = "DNS:localhost", .issuer = &root}));
  Recorder asked;
  ScriptedServer proxy(refuses_tunnels(asked), "127.0.0.1", context.get());
  Engine engine;
  const std::string port = std::to_string(proxy.port());
  struct Case {
    const char* host;
    std::string ca;
    bool skip;
    bool trusted;
  };
  for (const auto& [host, ca, skip, trusted] : std::vector<Case>{{"localhost", root.pem(), false, true},
                                                                 {"localhost", other.pem(), false, false},
                                                                 {"localhost", "", false, false},
                                                                 {"localhost", "", true, true},
                                                                 {"127.0.0.1", root.pem(), false, false},
                                                                 {"127.0.0.1", root.pem(), true, true}}) {
    INFO(host << " " << ca << " " << skip);
    HttpModule module = by(std::string("https://") + host + ":" + port);
    module.client.tls.ca = ca;
    module.client.tls.insecure_skip_verify = skip;
    const std::size_t before = asked.requests().size();
    const ProbeResult plain = run_probe(engine, module, "http://127.0.0.1:9/");
    const ProbeResult tunnelled = run_probe(engine, module, "https://127.0.0.1:9/");
    if (trusted) {
      CHECK(told(plain.outcome) == "none: ");
      CHECK(plain.body == "by proxy");
      CHECK_THAT(tunnelled.outcome.message, Contains("answered 502 to CONNECT for 127.0.0.1:9; expected 200"));
      CHECK(asked.requests().size() == before + 2);
    } else {
      for (const ProbeResult* result : {&plain, &tunnelled}) {
        CHECK(result->outcome.reason == Reason::proxy_failure);
        CHECK_THAT(result->outcome.message, Contains("certificate"));
      }
      CHECK(asked.requests().size() == before);
    }
  }
}

TEST_CASE("an https:// proxy is shown the client's certificate, and reading it is the agent's time") {
  const Certificate root = make_certificate({.common_name = "root", .authority = true});
  const Certificate own = make_certificate({.common_name = "client", .issuer = &root});
  const auto context = server_context(make_certificate({.names = "DNS:localhost", .issuer = &root}));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), root.x509.get());
  Recorder asked;
  ScriptedServer proxy(refuses_tunnels(asked), "127.0.0.1", context.get());
  Engine engine;
  HttpModule module = by("https://localhost:" + std::to_string(proxy.port()));
  module.client.tls.insecure_skip_verify = false;
  module.client.tls.ca = root.pem();
  CHECK(run_probe(engine, module, "http://127.0.0.1:9/").outcome.reason != Reason::none);
  module.client.tls.cert = own.pem();
  module.client.tls.key = Secret(private_key_pem(own));
  const ProbeResult result = run_probe(engine, module, "http://127.0.0.1:9/");
  CHECK(told(result.outcome) == "none: ");
  CHECK(result.body == "by proxy");
  CHECK(result.agent_time > 0us);
}

TEST_CASE("the policy on targets judges what the proxy would be asked for, not the proxy") {
  Engine engine;
  Recorder asked;
  ScriptedServer proxy(asked.answers(ok("by proxy")));
  auto module = std::make_shared<config::Module>();
  module->http = by("http://127.0.0.1:" + std::to_string(proxy.port()));
  const TargetPolicy policy({}, {});
  const auto reason = [&](const std::string& target) {
    return run_probe(engine, ProbeRequest{.module = module, .target = target, .policy = &policy}).outcome.reason;
  };
  CHECK(reason("http://192.0.2.7/") == Reason::none);
  CHECK(reason("http://169.254.169.254/latest") == Reason::address_denied);
  module->http.skip_resolve_phase_with_proxy = true;
  CHECK(reason("http://169.254.169.254/latest") == Reason::address_denied);
  CHECK(reason("http://metadata.google.internal/") == Reason::address_denied);
  CHECK(reason("http://app.example/") == Reason::none);
  CHECK(asked.requests().size() == 2);
}

}  // namespace
}  // namespace nines::probes::test
