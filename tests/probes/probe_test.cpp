#include "probes/probe.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <re2/re2.h>

#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

namespace nines::probes::test {
namespace {

using config::HttpModule;

config::Regex regex(const std::string& pattern) {
  return {pattern, std::make_shared<const re2::RE2>(pattern)};
}

TEST_CASE("an answer is judged as blackbox_exporter judges") {
  struct Case {
    const char* name;
    std::function<void(HttpModule&)> module;
    const char* told;  // FROM stands for "GET URL from ADDRESS: "
    bool by_regex = false;
  };
  const std::vector<Case> cases = {
      {"2xx by default", [](HttpModule&) {}, "none: "},
      {"a wanted status", [](HttpModule& m) { m.valid_status_codes = {200, 404}; }, "none: "},
      {"an unwanted status", [](HttpModule& m) { m.valid_status_codes = {301, 404}; },
       "http_status: FROM answered 200; expected 301, 404"},
      {"a wanted version", [](HttpModule& m) { m.valid_http_versions = {"HTTP/1.1"}; }, "none: "},
      {"an unwanted version", [](HttpModule& m) { m.valid_http_versions = {"HTTP/2.0"}; },
       "http_version: FROM answered in HTTP/1.1; expected HTTP/2.0"},
      {"a forbidden body", [](HttpModule& m) { m.fail_if_body_matches_regexp = {regex("error"), regex("do.n")}; },
       "body_mismatch: FROM the body matches `do.n`; expected it not to", true},
      {"a missing text", [](HttpModule& m) { m.fail_if_body_not_matches_regexp = {regex("down"), regex("up")}; },
       "body_mismatch: FROM the body does not match `up`; expected it to", true},
      {"a body that is as it should be",
       [](HttpModule& m) {
         m.fail_if_body_not_matches_regexp = {regex("^down$")};
         m.fail_if_body_matches_regexp = {regex("DOWN")};
       },
       "none: "},
      {"a forbidden header", [](HttpModule& m) { m.fail_if_header_matches = {{"x-cache", regex("HIT"), false}}; },
       "http_header: FROM header x-cache matches `HIT`; expected it not to", true},
      {"a forbidden header that is missing",
       [](HttpModule& m) { m.fail_if_header_matches = {{"X-None", regex("HIT"), false}}; },
       "http_header: FROM no header X-None; expected one that does not match `HIT`", true},
      {"a forbidden header that may be missing",
       [](HttpModule& m) { m.fail_if_header_matches = {{"X-None", regex("HIT"), true}}; }, "none: "},
      {"one of several headers of a name",
       [](HttpModule& m) { m.fail_if_header_not_matches = {{"X-Cache", regex("^HIT"), false}}; }, "none: "},
      {"a wanted header with another value",
       [](HttpModule& m) { m.fail_if_header_not_matches = {{"X-Cache", regex("STALE"), true}}; },
       "http_header: FROM header X-Cache does not match `STALE`; expected it to", true},
      {"a wanted header that is missing",
       [](HttpModule& m) { m.fail_if_header_not_matches = {{"X-None", regex("1"), false}}; },
       "http_header: FROM no header X-None; expected one that matches `1`", true},
      {"TLS wanted", [](HttpModule& m) { m.fail_if_not_ssl = true; }, "tls_unexpected: FROM without TLS; expected TLS"},
      {"TLS not wanted", [](HttpModule& m) { m.fail_if_ssl = true; }, "none: "},
      {"a body over the limit", [](HttpModule& m) { m.body_size_limit = 3; },
       "body_too_large: FROM more than 3 bytes of body; expected at most that"},
      {"the status is told before the body",
       [](HttpModule& m) {
         m.valid_status_codes = {204};
         m.fail_if_body_matches_regexp = {regex("down")};
       },
       "http_status: FROM answered 200; expected 204"},
  };
  Engine engine;
  ScriptedServer server(
      answers("HTTP/1.1 200 OK\r\nX-Cache: MISS\r\nX-Cache: HIT from edge\r\nContent-Length: 4\r\n"
              "Last-Modified: Thu, 01 Oct 2026 00:00:00 GMT\r\n\r\ndown"));
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  for (const Case& c : cases) {
    INFO(c.name);
    HttpModule module;
    c.module(module);
    const ProbeResult result = run_probe(engine, module, server.url("/p?q=1"));
    std::string expected = c.told;
    if (const auto at = expected.find("FROM"); at != std::string::npos) {
      expected.replace(at, 4, "GET " + server.url("/p") + " from " + address + ":");
    }
    CHECK(told(result.outcome) == expected);
    CHECK(result.failed_due_to_regex == c.by_regex);
    CHECK(result.status == 200);
    CHECK(std::get<HttpFacts>(result.facts).version == "1.1");
    CHECK(result.address == address);
    CHECK(std::get<HttpFacts>(result.facts).last_modified == parse_time("2026-10-01T00:00:00Z").value());
    CHECK(result.headers.at(1) == "X-Cache: HIT from edge");
  }
}

TEST_CASE("a target without a scheme is http; a redirect that is not followed is judged by its status") {
  Engine engine;
  ScriptedServer server(answers("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n"));
  HttpModule module;
  module.follow_redirects = false;
  const std::string target = "127.0.0.1:" + std::to_string(server.port());
  const ProbeResult refused = run_probe(engine, module, target);
  CHECK(told(refused.outcome) ==
        "http_status: GET http://" + target + "/ from " + target + ": answered 302; expected 2xx");
  CHECK(std::get<HttpFacts>(refused.facts).redirects == 1);
  module.valid_status_codes = {302};
  CHECK(told(run_probe(engine, module, target).outcome) == "none: ");
}

TEST_CASE("credentials of the module are sent") {
  Engine engine;
  Recorder recorder;
  ScriptedServer server(recorder.answers("HTTP/1.1 204 No Content\r\n\r\n"));
  HttpModule module;
  module.client.basic_auth = config::BasicAuth{.username = "ann", .password = Secret("p@ss")};
  CHECK(told(run_probe(engine, module, server.url()).outcome) == "none: ");
  CHECK_THAT(recorder.requests().back(), Catch::Contains("\r\nAuthorization: Basic YW5uOnBAc3M=\r\n"));
  module.client.basic_auth.reset();
  module.client.authorization_credentials = Secret("t0ken");
  CHECK(told(run_probe(engine, module, server.url()).outcome) == "none: ");
  CHECK_THAT(recorder.requests().back(), Catch::Contains("\r\nAuthorization: Bearer t0ken\r\n"));
}

}  // namespace
}  // namespace nines::probes::test
