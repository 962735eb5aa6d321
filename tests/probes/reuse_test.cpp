#include "probes/http/reuse.hpp"

#include <atomic>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/harness/nginx.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/probes/certificates.hpp"
#include "tests/probes/dns_server.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

namespace nines::probes::test {
namespace {

std::shared_ptr<config::Module> reusing() {
  auto module = std::make_shared<config::Module>();
  module->http.connection = config::Connection::reuse;
  module->http.client.tls.insecure_skip_verify = true;
  return module;
}

ProbeResult probe_with(Engine& engine, std::shared_ptr<const config::Module> module, const std::string& target) {
  return run_probe(engine, ProbeRequest{.module = std::move(module), .target = target});
}

// Answers up to `requests` requests of each connection.
ScriptedServer::Script keeps_alive(int requests) {
  return [requests](Peer& peer) {
    for (int i = 0; i < requests; ++i) {
      if (peer.read_request().empty()) return;
      peer.send(ok("yes"));
    }
  };
}

TEST_CASE("a kept connection is used again, without resolve, connect and tls") {
  const Certificate certificate = make_certificate({.names = "IP:127.0.0.1"});
  const auto context = server_context(certificate);
  for (const bool tls : {false, true}) {
    INFO(tls);
    ScriptedServer server(keeps_alive(100), "127.0.0.1", tls ? context.get() : nullptr);
    Engine engine;
    const auto module = reusing();
    const ProbeResult first = probe_with(engine, module, server.url());
    CHECK(told(first.outcome) == "none: ");
    CHECK_FALSE(first.reused);
    for (int i = 0; i < 3; ++i) {
      const ProbeResult next = probe_with(engine, module, server.url());
      CHECK(told(next.outcome) == "none: ");
      CHECK(next.reused);
      CHECK(next.status == 200);
      CHECK(next.body == "yes");
      CHECK(next.address == first.address);
      CHECK(next.ip_family == 4);
      CHECK(next.phases.resolve + next.phases.connect + next.phases.tls == Micros(0));
      CHECK(next.phases.processing > Micros(0));
      CHECK(next.tls.has_value() == tls);
      if (next.tls) CHECK(next.tls->version == "TLS 1.3");
    }
    CHECK(server.connections() == 1);
    CHECK(engine.connections().size() == 1);
  }
}

TEST_CASE("HTTP/2 over TLS is kept, too") {
  const Certificate certificate = make_certificate({.names = "IP:127.0.0.1"});
  const harness::TempDir folder;
  const auto chain = folder.write("chain.pem", certificate.pem());
  const auto key = folder.write("key.pem", private_key_pem(certificate));
  const std::string place = "127.0.0.1:" + std::to_string(harness::free_port());
  const harness::Nginx nginx("listen " + place + " ssl http2; ssl_certificate " + chain.string() +
                             "; ssl_certificate_key " + key.string() + "; location / { return 200 yes; }");
  Engine engine;
  const auto module = reusing();
  for (int i = 0; i < 4; ++i) {
    const ProbeResult result = probe_with(engine, module, "https://" + place + "/");
    CHECK(told(result.outcome) == "none: ");
    CHECK(std::get<HttpFacts>(result.facts).version == "2");
    CHECK(result.reused == (i > 0));
  }
}

TEST_CASE("a connection that the server has closed is made anew, and that is no failure") {
  ScriptedServer server(keeps_alive(1));
  Engine engine;
  const auto module = reusing();
  for (int i = 1; i <= 4; ++i) {
    const ProbeResult result = probe_with(engine, module, server.url());
    CHECK(told(result.outcome) == "none: ");
    CHECK_FALSE(result.reused);
    CHECK(server.connections() == i);
  }
}

TEST_CASE("a connection is never another check's, nor a fresh probe's") {
  ScriptedServer one(keeps_alive(1));
  Engine engine;
  const auto module = reusing();
  CHECK_FALSE(probe_with(engine, module, one.url()).reused);
  const auto other = reusing();
  CHECK_FALSE(probe_with(engine, other, one.url()).reused);
  CHECK_FALSE(probe_with(engine, module, one.url("/else")).reused);
  const auto fresh = std::make_shared<config::Module>();
  CHECK_FALSE(probe_with(engine, fresh, one.url()).reused);
  CHECK(one.connections() == 4);
}

TEST_CASE("a request that the server may have read is sent again only if twice is the same as once") {
  struct Case {
    const char* method;
    bool again;
  };
  for (const auto& [method, again] :
       {Case{"GET", true}, Case{"PUT", true}, Case{"POST", false}, Case{"PATCH", false}}) {
    INFO(method);
    std::atomic<int> read = 0;
    ScriptedServer server([&](Peer& peer) {
      while (!peer.read_request().empty()) {
        if (++read == 2) return;
        peer.send(ok("yes"));
      }
    });
    Engine engine;
    const auto module = reusing();
    module->http.method = method;
    module->http.body = "payload";
    CHECK(told(probe_with(engine, module, server.url()).outcome) == "none: ");
    const ProbeResult second = probe_with(engine, module, server.url());
    CHECK(second.reused == !again);
    CHECK(second.outcome.reason == (again ? Reason::none : Reason::http_empty));
    CHECK(read == (again ? 3 : 2));
    if (!again) {
      CHECK(told(second.outcome) == "http_empty: " + std::string(method) + " " + server.url() + " from " +
                                        second.address +
                                        ": the connection was closed without an answer; expected an HTTP answer");
    }
    CHECK(told(probe_with(engine, module, server.url()).outcome) == "none: ");
  }
}

TEST_CASE("a POST goes over a new connection when the kept one was closed before it") {
  std::atomic<bool> closed = false;
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.send(ok("yes"));
    peer.reset();
    closed = true;
  });
  Engine engine;
  const auto module = reusing();
  module->http.method = "POST";
  for (int i = 1; i <= 3; ++i) {
    closed = false;
    CHECK(told(probe_with(engine, module, server.url()).outcome) == "none: ");
    harness::eventually([&] { return closed.load(); }, "the server has closed the connection");
    CHECK(server.connections() == i);
  }
}

TEST_CASE("after a new connection the address told is that of the new one") {
  std::atomic<int> asked = 0;
  DnsServer names([&](const std::string&, bool v6) -> std::optional<DnsAnswer> {
    if (v6) return DnsAnswer{};
    return DnsAnswer{.addresses = {++asked == 1 ? "127.0.0.1" : "127.0.0.2"}};
  });
  ScriptedServer server(keeps_alive(1), "0.0.0.0");
  Engine engine({.dns_servers = names.servers()});
  const auto module = reusing();
  const std::string url = "http://moves.test:" + std::to_string(server.port()) + "/";
  const ProbeResult first = probe_with(engine, module, url);
  const ProbeResult second = probe_with(engine, module, url);
  CHECK(told(first.outcome) + told(second.outcome) == "none: none: ");
  CHECK_THAT(second.address, Catch::StartsWith("127.0.0.2:"));
  CHECK(first.ip_hash != second.ip_hash);
}

TEST_CASE("after a failure the connection is dropped") {
  std::atomic<int> count = 0;
  ScriptedServer server([&](Peer& peer) {
    while (!peer.read_request().empty()) {
      if (++count == 2) return peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut");
      peer.send(ok("yes"));
    }
  });
  Engine engine;
  const auto module = reusing();
  CHECK(told(probe_with(engine, module, server.url()).outcome) == "none: ");
  const ProbeResult cut = probe_with(engine, module, server.url());
  CHECK(cut.reused);
  CHECK(cut.outcome.reason == Reason::http_truncated);
  CHECK(engine.connections().size() == 0);
  const ProbeResult after = probe_with(engine, module, server.url());
  CHECK(told(after.outcome) == "none: ");
  CHECK_FALSE(after.reused);
  CHECK(server.connections() == 2);
}

TEST_CASE("what is kept is bounded, and what nobody owns any more goes") {
  Engine engine;
  ConnectionPool pool;
  const ConnectionPool::Owner owner = std::make_shared<int>(1);
  for (std::size_t i = 0; i < ConnectionPool::kMax + 5; ++i) {
    pool.put(owner, std::to_string(i), std::make_unique<KeptConnection>(engine.loop()));
  }
  CHECK(pool.size() == ConnectionPool::kMax);
  CHECK(pool.take(owner, "0") == nullptr);
  CHECK(pool.take(owner, std::to_string(ConnectionPool::kMax)) != nullptr);
  {
    const ConnectionPool::Owner gone = std::make_shared<int>(2);
    pool.put(gone, "x", std::make_unique<KeptConnection>(engine.loop()));
  }
  const std::size_t before = pool.size();
  pool.put(owner, "y", std::make_unique<KeptConnection>(engine.loop()));
  CHECK(pool.size() == before);
}

}  // namespace
}  // namespace nines::probes::test
