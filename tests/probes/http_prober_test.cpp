// What blackbox_exporter's HTTP prober does that is not seen in one answer's judgement (probe_test.cpp).

#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <openssl/ssl.h>
#include <re2/re2.h>

#include "probes/http/date.hpp"
#include "probes/jq.hpp"
#include "tests/probes/certificates.hpp"
#include "tests/probes/packing.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

namespace nines::probes::test {
namespace {

using Catch::Contains;
using config::HttpModule;

config::Regex regex(const std::string& pattern) {
  return {pattern, std::make_shared<const re2::RE2>(pattern)};
}

const HttpFacts& facts_of(const ProbeResult& result) {
  return std::get<HttpFacts>(result.facts);
}

TEST_CASE("the eleventh redirect is met and not followed, and its status is judged where it was asked for") {
  Engine engine;
  ScriptedServer server(answers("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"));
  HttpModule module;
  const ProbeResult refused = run_probe(engine, module, server.url());
  CHECK(refused.outcome.reason == Reason::redirect_limit);
  CHECK(refused.status == 302);
  CHECK(facts_of(refused).redirects == 11);
  CHECK(server.connections() == 11);
  module.valid_status_codes = {302};
  CHECK(told(run_probe(engine, module, server.url()).outcome) == "none: ");
}

TEST_CASE("a target's scheme may be in any case; what has none is http, whatever its query holds") {
  Engine engine;
  ScriptedServer server(answers(ok("yes")));
  const std::string place = "127.0.0.1:" + std::to_string(server.port());
  for (const std::string& target : {"http://" + place, "HTTP://" + place, "hTtP://" + place + "/", place,
                                    place + "/?next=http://elsewhere.example/"}) {
    INFO(target);
    CHECK(told(run_probe(engine, HttpModule{}, target).outcome) == "none: ");
  }
  CHECK(run_probe(engine, HttpModule{}, "ftp://" + place).outcome.reason == Reason::http_malformed);
  const Certificate certificate = make_certificate({});
  const auto context = server_context(certificate);
  ScriptedServer secure(answers(ok("yes")), "127.0.0.1", context.get());
  HttpModule module;
  module.client.tls.insecure_skip_verify = true;
  const ProbeResult result = run_probe(engine, module, "HtTpS://127.0.0.1:" + std::to_string(secure.port()));
  CHECK(told(result.outcome) == "none: ");
  CHECK(facts_of(result).tls);
}

TEST_CASE("lengths are told as Go's client tells them") {
  struct Case {
    const char* name;
    std::string answer;
    std::int64_t length;
    std::int64_t body;
    const char* method = "GET";
  };
  const std::vector<Case> cases = {
      {"declared", ok("12345"), 5, 5},
      {"not declared", "HTTP/1.1 200 OK\r\n\r\n12345", -1, 5},
      {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", -1, 5},
      {"204 has none", "HTTP/1.1 204 No Content\r\n\r\n", 0, 0},
      {"HEAD tells what GET would", "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n", 77, 0, "HEAD"},
      {"HEAD without", "HTTP/1.1 200 OK\r\n\r\n", -1, 0, "HEAD"},
  };
  Engine engine;
  for (const Case& c : cases) {
    INFO(c.name);
    ScriptedServer server(answers(c.answer));
    HttpModule module;
    module.method = c.method;
    const ProbeResult result = run_probe(engine, module, server.url());
    CHECK(told(result.outcome) == "none: ");
    CHECK(facts_of(result).content_length == c.length);
    CHECK(facts_of(result).body_bytes == c.body);
  }
}

TEST_CASE("a body is decoded as the module says, whatever the answer calls it, and its length on the wire is kept") {
  const std::string text = "hello worldhello worldhello worldhello world";
  struct Case {
    const char* compression;
    std::string sent;
    std::int64_t decoded;
  };
  const std::vector<Case> cases = {
      {"gzip", gzip(text), static_cast<std::int64_t>(text.size())},
      {"deflate", deflate_raw(text), static_cast<std::int64_t>(text.size())},
      {"br", brotli_of(text), static_cast<std::int64_t>(text.size())},
      {"identity", gzip(text), static_cast<std::int64_t>(gzip(text).size())},
      {"", gzip(text), static_cast<std::int64_t>(gzip(text).size())},
  };
  Engine engine;
  for (const Case& c : cases) {
    INFO(c.compression);
    Recorder recorder;
    ScriptedServer server(recorder.answers(ok(c.sent, "Content-Encoding: x-whatever\r\n")));
    HttpModule module;
    module.compression = c.compression;
    const ProbeResult result = run_probe(engine, module, server.url());
    CHECK(told(result.outcome) == "none: ");
    CHECK(facts_of(result).content_length == static_cast<std::int64_t>(c.sent.size()));
    CHECK(facts_of(result).body_bytes == c.decoded);
    const std::string asked = std::string("\r\nAccept-Encoding: ") + c.compression + "\r\n";
    CHECK((recorder.requests().at(0).find(asked) != std::string::npos) == (*c.compression != '\0'));
  }
  Recorder recorder;
  ScriptedServer server(recorder.answers(ok(gzip(text))));
  HttpModule module;
  module.compression = "gzip";
  module.client.headers = {{"Accept-Encoding", "br, gzip"}};
  CHECK(told(run_probe(engine, module, server.url()).outcome) == "none: ");
  CHECK_THAT(recorder.requests().at(0), Contains("\r\nAccept-Encoding: br, gzip\r\n"));
}

TEST_CASE("a limit on the body is on what is decoded, and is what is counted") {
  Engine engine;
  HttpModule module;
  module.body_size_limit = 128;
  for (const char* compression : {"", "gzip"}) {
    module.compression = compression;
    const auto pack = [&](std::size_t size) {
      const std::string text(size, 'A');
      return answers(ok(*compression != '\0' ? gzip(text) : text));
    };
    ScriptedServer fits(pack(128));
    CHECK(told(run_probe(engine, module, fits.url()).outcome) == "none: ");
    ScriptedServer longer(pack(129));
    const ProbeResult result = run_probe(engine, module, longer.url());
    CHECK(result.outcome.reason == Reason::body_too_large);
    CHECK(facts_of(result).body_bytes == 128);
  }
}

TEST_CASE("a limit on the headers is on all their lines") {
  Engine engine;
  ScriptedServer server(answers(ok("", "X-Filler: " + std::string(500, 'x') + "\r\n")));
  HttpModule module;
  module.header_size_limit = 600;
  CHECK(told(run_probe(engine, module, server.url()).outcome) == "none: ");
  module.header_size_limit = 500;
  const ProbeResult result = run_probe(engine, module, server.url());
  CHECK(result.outcome.reason == Reason::header_too_large);
  CHECK_THAT(result.outcome.message, Contains("more than 500 bytes of headers; expected less"));
}

TEST_CASE("a body that could not be read counts as failed by the rules on it") {
  Engine engine;
  ScriptedServer cut(answers("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"));
  HttpModule module;
  CHECK_FALSE(run_probe(engine, module, cut.url()).failed_due_to_regex);
  module.fail_if_body_matches_regexp = {regex("never")};
  const ProbeResult result = run_probe(engine, module, cut.url());
  CHECK(result.outcome.reason == Reason::http_truncated);
  CHECK(result.failed_due_to_regex);
  CHECK(result.status == 200);
  CHECK(facts_of(result).content_length == 50);
  module.valid_status_codes = {404};
  CHECK_FALSE(run_probe(engine, module, cut.url()).failed_due_to_regex);
}

TEST_CASE("an answer whose headers are cut or malformed, or a redirect that leads nowhere, is no answer") {
  Engine engine;
  for (const char* sent :
       {"HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello1",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"}) {
    INFO(sent);
    ScriptedServer server(answers(sent));
    const ProbeResult result = run_probe(engine, HttpModule{}, server.url());
    CHECK_FALSE(result.outcome.ok());
    CHECK(result.status == 0);
    CHECK(facts_of(result).version.empty());
    CHECK(result.ip_family == 4);
  }
}

TEST_CASE("what is kept of a body is all that a rule or a caller needs, else a little") {
  Engine engine;
  const std::string text(200'000, 'x');
  ScriptedServer server(answers(ok(text + "end")));
  auto module = std::make_shared<config::Module>();
  const auto kept = [&](bool keep) {
    return run_probe(engine, ProbeRequest{.module = module, .target = server.url(), .keep_body = keep}).body.size();
  };
  CHECK(kept(false) == 64 * 1024);
  CHECK(kept(true) == 200'003);
  module->http.fail_if_body_not_matches_regexp = {regex("end$")};
  const ProbeResult result = run_probe(engine, *module, server.url());
  CHECK(told(result.outcome) == "none: ");
  CHECK(result.body.size() == 200'003);
}

TEST_CASE("HTTP dates have three forms") {
  const Time expected = parse_time("1994-11-06T08:49:37Z").value();
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == expected);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == expected);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 CET") == expected);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == expected);
  for (const char* text :
       {"", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT", "1994-11-06T08:49:37Z",
        "Sun, 06 Nov 1994 08:49:37 GMT and more", "Sun, 6 Nov 1994 08:49:37 GMT"}) {
    INFO(text);
    CHECK_FALSE(parse_http_date(text).has_value());
  }
}

TEST_CASE("HTTP/2 is offered unless the module does without") {
  const Certificate certificate = make_certificate({});
  const auto context = server_context(certificate);
  std::string offered;  // each protocol after its length
  SSL_CTX_set_alpn_select_cb(
      context.get(),
      [](SSL*, const unsigned char**, unsigned char*, const unsigned char* in, unsigned int size, void* out) {
        static_cast<std::string*>(out)->assign(reinterpret_cast<const char*>(in), size);
        return SSL_TLSEXT_ERR_NOACK;
      },
      &offered);
  Engine engine;
  HttpModule module;
  module.client.tls.insecure_skip_verify = true;
  for (const bool two : {true, false}) {
    ScriptedServer server(answers(ok("yes")), "127.0.0.1", context.get());
    module.enable_http2 = two;
    const ProbeResult result = run_probe(engine, module, server.url());
    CHECK(told(result.outcome) == "none: ");
    CHECK(facts_of(result).version == "1.1");
    CHECK((offered.find("\x02h2") != std::string::npos) == two);
    CHECK_THAT(offered, Contains("http/1.1"));
  }
}

std::string log_of(Engine& engine, const HttpModule& module, const std::string& target) {
  auto whole = std::make_shared<config::Module>();
  whole->http = module;
  ProbeLog log;
  run_probe(engine, ProbeRequest{.module = whole, .target = target, .log = &log});
  return log.text();
}

TEST_CASE("the log tells what blackbox_exporter's tells") {
  Engine engine;
  ScriptedServer server([](Peer& peer) {
    const bool first = peer.read_request().starts_with("GET / ");
    peer.send(first ? "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n" : ok("down"));
  });
  HttpModule module;
  CHECK_THAT(log_of(engine, module, server.url()), Contains("msg=\"Making HTTP request\" url=" + server.url()) &&
                                                       Contains("msg=\"Received redirect\" location=/next") &&
                                                       Contains("msg=\"Received HTTP response\" status_code=200") &&
                                                       !Contains("Final request"));
  module.fail_if_body_matches_regexp = {regex("down")};
  CHECK_THAT(log_of(engine, module, server.url()), Contains("msg=\"Body matched regular expression\" regexp=down"));
  module.fail_if_body_matches_regexp.clear();
  module.fail_if_not_ssl = true;
  CHECK_THAT(log_of(engine, module, server.url()), Contains("Final request was not over SSL"));
  module.follow_redirects = false;
  CHECK_THAT(log_of(engine, module, server.url()), Contains("Not following redirect") &&
                                                       Contains("Invalid HTTP response status code, wanted 2xx") &&
                                                       !Contains("Final request"));
  ScriptedServer closing([](Peer&) {});
  CHECK_THAT(log_of(engine, module, closing.url()),
             Contains("msg=\"Error for HTTP request\"") && !Contains("Final request"));
}

TEST_CASE("jq rules are judged on the body") {
  struct Case {
    const char* body;
    const char* matches;      // fail_if_body_json_matches_jq
    const char* not_matches;  // fail_if_body_json_not_matches_jq
    std::string told{};       // a part of the sentence
    bool fails = true;
  };
  const std::vector<Case> cases = {
      {R"({"state": "up"})", R"(.state == "down")", "", "", false},
      {R"({"state": "down"})", R"(.state == "down")", "",
       R"(jq `.state == "down"` is true of the body; expected it not to be)"},
      {R"({"state": "up"})", "", R"(.state == "up")", "", false},
      {R"({"state": "down"})", "", R"(.state == "up")",
       R"(jq `.state == "up"` is not true of the body; expected it to be)"},
      {R"({"state": "up"})", ".state", "", "", false},
      {R"({"state": "up"})", "", "empty", "jq `empty` is not true of the body; expected it to be"},
      {"[1]", ".state == 1", ""},
      {"not JSON", ".x", ""},
      {"not JSON", "", ".x"},
      {"", "", "true"},
  };
  Engine engine;
  Jq jq(engine);
  for (const Case& c : cases) {
    INFO(c.body << " " << c.matches << " " << c.not_matches);
    ScriptedServer server(answers(ok(c.body)));
    auto module = std::make_shared<config::Module>();
    if (*c.matches != '\0') module->http.fail_if_body_json_matches_jq = {{c.matches, {}}};
    if (*c.not_matches != '\0') module->http.fail_if_body_json_not_matches_jq = {{c.not_matches, {}}};
    const ProbeResult result = run_probe(engine, ProbeRequest{.module = module, .target = server.url(), .jq = &jq});
    CHECK(result.outcome.reason == (c.fails ? Reason::body_mismatch : Reason::none));
    CHECK_THAT(result.outcome.message, Contains(c.told));
    CHECK_FALSE(result.failed_due_to_regex);
  }
  auto module = std::make_shared<config::Module>();
  module->http.fail_if_body_json_matches_jq = {{".x", {}}};
  ScriptedServer server(answers(ok("{}")));
  CHECK(run_probe(engine, ProbeRequest{.module = module, .target = server.url()}).outcome.reason == Reason::agent_jq);
  engine.loop().run(jq.close());
}

}  // namespace
}  // namespace nines::probes::test
