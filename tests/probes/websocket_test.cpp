#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "config/module.hpp"
#include "probes/metrics.hpp"
#include "probes/websocket/upgrade.hpp"
#include "tests/harness/process.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/probes/certificates.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;
using namespace std::string_literals;

namespace nines::probes::test {
namespace {

using Catch::Contains;
using Catch::StartsWith;

// The real thing: servers/websocket.py.
class RealServer {
 public:
  RealServer() {
    process_.wait_for_output("ready");
    const std::string said = process_.output();
    url_ = "ws://127.0.0.1:" + said.substr(0, said.find(' '));
  }
  std::string url(const std::string& path = "/") const { return url_ + path; }

 private:
  harness::Process process_{{"/usr/bin/python3", NINES_SOURCE_DIR "/tests/probes/servers/websocket.py"}};
  std::string url_;
};

config::QueryResponse turn(const std::string& expect, const std::string& send = "") {
  config::QueryResponse out;
  if (!expect.empty()) out.expect = config::compile_regex(expect).value();
  out.send = send;
  return out;
}

config::Module module_with(std::vector<config::QueryResponse> script = {}) {
  config::Module out;
  out.prober = config::Prober::websocket;
  out.websocket.query_response = std::move(script);
  return out;
}

double value_of(const ProbeResult& result, const config::Module& module, std::string_view name) {
  for (const Sample& sample : probe_samples(result, module)) {
    if (sample.name == name) return sample.value;
  }
  FAIL("no sample " << name);
  return -1;
}

TEST_CASE("a WebSocket is opened and spoken with, with the module's headers and credentials") {
  Engine engine;
  const RealServer server;
  config::Module module = module_with(
      {turn("^hello (\\w+) Basic dXNlcjpwYXNz$", "I am ${1}"), turn("^echo I am tester$"), turn("", "bye")});
  module.websocket.client.headers = {{"X-Test", "tester"}};
  module.websocket.client.basic_auth = config::BasicAuth{.username = "user", .password = Secret("pass")};
  const ProbeResult result = run_probe(engine, module, server.url());
  CHECK(told(result.outcome) == "none: ");
  CHECK(result.status == 101);
  CHECK(result.body == "echo I am tester");
  CHECK(result.ip_family == 4);
  CHECK(value_of(result, module, "probe_websocket_connection_upgraded") == 1);
  CHECK(value_of(result, module, "probe_websocket_status_code") == 101);
  CHECK(value_of(result, module, "probe_websocket_failed_due_to_regex") == 0);
  CHECK(result.phases.processing > Micros(0));

  CHECK(told(run_probe(engine, module_with(), server.url()).outcome) == "none: ");
}

TEST_CASE("messages of each shape are read; those that do not match, and a closed WebSocket, are told") {
  Engine engine;
  const RealServer server;
  struct Case {
    const char* path;
    std::vector<config::QueryResponse> script;
    const char* outcome;
    bool by_regex;
  };
  const std::vector<Case> cases = {
      {"/fragments", {turn("^hello in parts$")}, "none: ", false},
      {"/ping", {turn("^you are there$")}, "none: ", false},
      {"/binary", {turn("hello$")}, "none: ", false},
      {"/", {turn("^hello"), turn("", std::string(70000, 'z')), turn("^echo z{1000}")}, "none: ", false},
      {"/", {turn("^hello"), turn("", std::string(300, 'z')), turn("^echo z{300}$")}, "none: ", false},
      {"/big", {turn("^x")}, "none: ", false},
      {"/big", {turn("^x"), turn("^y")}, "websocket_protocol: ", false},
      {"/", {turn("^goodbye")}, "response_mismatch: ", true},
      {"/close", {turn("^hello")}, "response_closed: ", false},
      {"/silent", {turn("^hello")}, "response_timeout: ", false},
  };
  for (const Case& c : cases) {
    INFO(c.path);
    const config::Module module = module_with(c.script);
    const bool silent = std::string(c.path) == "/silent";
    const ProbeResult result = run_probe(engine, module, server.url(c.path), silent ? 500ms : 30s);
    CHECK_THAT(told(result.outcome), StartsWith(c.outcome));
    CHECK(result.failed_due_to_regex == c.by_regex);
    CHECK(value_of(result, module, "probe_websocket_failed_due_to_regex") == (c.by_regex ? 1 : 0));
    CHECK(value_of(result, module, "probe_websocket_connection_upgraded") == 1);
  }
  CHECK_THAT(run_probe(engine, module_with({turn("x")}), server.url("/close")).outcome.message,
             Contains("the server closed the WebSocket with 1008 (go away); expected a message that matches `x`"));
}

TEST_CASE("the accept value is RFC 6455's") {
  CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(make_websocket_key().size() == 24);
  CHECK(make_websocket_key() != make_websocket_key());
}

// Answers the upgrade as it should be, with the key's accept value, and goes on with `then`.
ScriptedServer::Script upgrades(std::string then) {
  return [then = std::move(then)](Peer& peer) {
    const std::string request = peer.read_request();
    const auto at = request.find("Sec-WebSocket-Key: ") + 19;
    const std::string key = request.substr(at, request.find("\r\n", at) - at);
    peer.send(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        websocket_accept(key) + "\r\n\r\n" + then);
    peer.wait_for_close();
  };
}

TEST_CASE("what breaks the protocol is refused") {
  Engine engine;
  struct Case {
    const char* name;
    std::string frames;
    const char* outcome;
  };
  const std::vector<Case> cases = {
      {"a good frame", "\x81\x02hi"s, "none: "},
      {"a pong first", "\x8a\x00\x81\x02hi"s, "none: "},
      {"fragments with a ping between", "\x01\x01h\x89\x00\x80\x01i"s, "none: "},
      {"a masked frame", "\x81\x82\0\0\0\0hi"s, "websocket_protocol: "},
      {"reserved bits", "\xc1\x02hi"s, "websocket_protocol: "},
      {"an unknown kind", "\x83\x00"s, "websocket_protocol: "},
      {"a continuation of nothing", "\x80\x02hi"s, "websocket_protocol: "},
      {"a message within a message", "\x01\x01h\x81\x01i"s, "websocket_protocol: "},
      {"a ping too long", "\x89\x7e\x01\x00"s, "websocket_protocol: "},
      {"a length beyond all bounds", "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"s, "websocket_protocol: "},
      {"a close without a code", "\x88\x00"s, "response_closed: "},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    ScriptedServer server(upgrades(c.frames));
    const std::string url = "ws://127.0.0.1:" + std::to_string(server.port()) + "/";
    CHECK_THAT(told(run_probe(engine, module_with({turn("^hi$")}), url).outcome), StartsWith(c.outcome));
  }
}

TEST_CASE("an upgrade that is refused or malformed says how, and the status is kept") {
  Engine engine;
  struct Case {
    std::string answer;
    const char* outcome;
    int status;
  };
  const std::vector<Case> cases = {
      {"HTTP/1.1 403 Forbidden\r\n\r\n", "websocket_upgrade: ", 403},
      {ok("hello"), "websocket_upgrade: ", 200},
      {"HTTP/1.1 101 Switching\r\n\r\n", "websocket_upgrade: ", 101},
      {"HTTP/1.1 101\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
       "websocket_upgrade: ", 101},
      {"SSH-2.0-OpenSSH\r\n\r\n", "http_malformed: ", 0},
      {"HTTP/1.1 101 x\r\nX: " + std::string(70000, 'x') + "\r\n\r\n", "header_too_large: ", 0},
      {"", "http_empty: ", 0},
  };
  for (const Case& c : cases) {
    INFO(c.answer.substr(0, 40));
    ScriptedServer server(answers(c.answer));
    const config::Module module = module_with({turn("x")});
    const ProbeResult result = run_probe(engine, module, "ws://127.0.0.1:" + std::to_string(server.port()) + "/a?b=c");
    CHECK_THAT(told(result.outcome), StartsWith(c.outcome));
    CHECK(result.status == c.status);
    CHECK(value_of(result, module, "probe_websocket_connection_upgraded") == 0);
  }
  ScriptedServer silent([](Peer& peer) { peer.wait_for_close(); });
  CHECK_THAT(told(run_probe(engine, module_with(), "ws://127.0.0.1:" + std::to_string(silent.port()), 300ms).outcome),
             StartsWith("http_timeout: "));
  for (const char* target : {"http://127.0.0.1/", "127.0.0.1", "ws:///x", ""}) {
    CHECK_THAT(told(run_probe(engine, module_with(), target).outcome), StartsWith("http_malformed: "));
  }
}

TEST_CASE("wss speaks TLS first, and the request carries what correlates it") {
  Engine engine;
  const harness::TempDir directory;
  const Certificate root = make_certificate({.common_name = "Root", .authority = true});
  const auto context = server_context(make_certificate({.names = "IP:127.0.0.1", .issuer = &root}));
  Recorder recorder;
  ScriptedServer server(recorder.answers("HTTP/1.1 426 Upgrade Required\r\n\r\n"), "127.0.0.1", context.get());
  config::Module module = module_with();
  const std::string url = "wss://127.0.0.1:" + std::to_string(server.port()) + "/chat?room=1";
  CHECK_THAT(told(run_probe(engine, module, url).outcome), StartsWith("tls_untrusted: "));
  module.websocket.client.tls.ca_file = directory.write("root.pem", root.pem()).string();
  const ProbeResult result = run_probe(engine, module, url);
  CHECK_THAT(told(result.outcome), StartsWith("websocket_upgrade: wss://127.0.0.1:"));
  CHECK_THAT(result.outcome.message, !Contains("room"));
  CHECK(result.tls->version == "TLS 1.3");
  REQUIRE(recorder.requests().size() == 2);
  CHECK(recorder.requests().front().empty());  // nothing was sent to the server that was not trusted
  const std::string request = recorder.requests().back();
  CHECK_THAT(request, StartsWith("GET /chat?room=1 HTTP/1.1\r\n") && Contains("\r\nHost: 127.0.0.1:") &&
                          Contains("\r\nSec-WebSocket-Version: 13\r\n") && Contains("\r\ntraceparent: 00-") &&
                          Contains("\r\nX-Correlation-ID: ") && Contains("\r\nUser-Agent: nines/"));
}

}  // namespace
}  // namespace nines::probes::test
