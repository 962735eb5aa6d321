#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/journeys/bench.hpp"
#include "tests/journeys/web_server.hpp"

namespace nines::journeys {
namespace {

constexpr const char* kPage =
    "<html><title>Tasks &amp; more</title><form><input type=hidden name=csrf value='t&quot;k'></form>"
    "<ul><li>one<li>two</ul><a href='/t/12?x=1&amp;y=2'>twelve</a></html>";
constexpr const char* kJson =
    R"({"id":"007","big":12345678901234567890,"items":[{"n":"a","id":9007199254740993},{"n":"b","id":9007199254740995}],)"
    R"("none":null,"list":[],"yes":false})";

WebAnswer answer(const WebRequest& request) {
  if (request.path() == "/json") {
    return {.headers = {{"Content-Type", "application/json"}, {"X-Many", "one"}, {"x-many", "two"}}, .body = kJson};
  }
  if (request.path() == "/page") {
    return {.headers = {{"Content-Type", "text/html"}, {"Location", "/t/12?x=1"}, {"Set-Cookie", "sid=abc-9; Path=/"}},
            .body = kPage};
  }
  if (request.path() == "/feed") {
    return {.headers = {{"Content-Type", "application/atom+xml"}},
            .body = "<f xmlns:a='urn:a'><a:e>1</a:e><a:e>2</a:e></f>"};
  }
  if (request.path() == "/text") return {.body = "order 17 of 42, key=v1; key=v2;"};
  if (request.path() == "/large") {
    std::string body = "<ul>";
    for (int i = 0; i < 20000; ++i) body += "<li>" + std::to_string(i) + "</li>";
    return {.headers = {{"Content-Type", "text/html"}}, .body = body};
  }
  return {.status = 404, .body = {}};
}

std::shared_ptr<const config::Journey> journey_of(const WebServer& server, const std::string& steps) {
  return load_journey(
      "services: [{name: app}]\njourneys:\n  - name: j\n    service: app\n    base_url: " + server.url() +
      "\n    interval: 1m\n    variables: {title: 'Tasks & more', two: '2'}\n" + "    steps:\n" + steps);
}

}  // namespace

TEST_CASE("a capture finds what it says, with its type") {
  struct Row {
    const char* path;
    const char* capture;
    const char* value;  // as JSON; or the sentence of what it did not find
  };
  const Row row = GENERATE(values<Row>({
      {"/json", "jq: .id", R"("007")"},
      {"/json", "jq: .big", "12345678901234567890"},
      {"/json", "jq: '.items[] | select(.n == \"b\") | .id'", "9007199254740995"},
      {"/json", "jq: '.items[].id', all: true", "[9007199254740993,9007199254740995]"},
      {"/json", "jq: '[.items[].n]'", R"(["a","b"])"},
      {"/json", "jq: '.items | length'", "2"},
      {"/json", "jq: .yes", "false"},
      {"/json", "jq: .none, default: 0", "0"},
      {"/json", "jq: '.list[]', all: true, default: []", "[]"},
      {"/json", "jq: .none, default: 'as {{ two }}'", R"("as 2")"},
      {"/json", "jq: .none", "expected jq `.none` to capture `v`, got nothing"},
      {"/json", "header: x-many", R"("one")"},
      {"/json", "header: X-Many, all: true", R"(["one","two"])"},
      {"/json", "header: X-None", "expected a header X-None to capture `v`, got nothing"},
      {"/json", "status: true", "200"},
      {"/page", "header: Location, regex: '/t/([0-9]+)'", R"("12")"},
      {"/page", "header: Location, regex: '/u/([0-9]+)'", "expected a header Location to capture `v`, got nothing"},
      {"/page", "cookie: sid", R"("abc-9")"},
      {"/page", "cookie: sid, regex: '[0-9]'", R"("9")"},
      {"/page", "xpath: '//input[@name=\"csrf\"]/@value'", R"("t\"k")"},
      {"/page", "xpath: //title", R"("Tasks & more")"},
      {"/page", "xpath: //li, all: true", R"(["one","two"])"},
      {"/page", "xpath: count(//li)", "2"},
      {"/page", "xpath: //a/@href, regex: 'y=(\\d)'", R"("2")"},
      {"/page", "xpath: //table", "expected XPath `//table` to capture `v`, got nothing"},
      {"/page", "xpath: //table, default: none", R"("none")"},
      {"/feed", "xpath: '//a:e', all: true", R"(["1","2"])"},
      {"/text", "regex: 'order (\\d+) of (\\d+)'", R"("17")"},
      {"/text", "regex: 'order (\\d+) of (\\d+)', group: 2", R"("42")"},
      {"/text", "regex: 'order (\\d+) of (?P<all>\\d+)', group: all", R"("42")"},
      {"/text", "regex: 'order (\\d+) of (\\d+)', group: 0", R"("order 17 of 42")"},
      {"/text", "regex: 'order \\d+'", R"("order 17")"},
      {"/text", "regex: 'key=(\\w+);', all: true", R"(["v1","v2"])"},
      {"/text", "regex: nothing", "expected a match of `nothing` in the body to capture `v`, got nothing"},
      {"/text", "body: true", R"("order 17 of 42, key=v1; key=v2;")"},
      {"/text", "jq: .id", "expected jq `.id` to capture `v`, got an error: the body is not JSON: "},
      {"/text", "certificate: expiry", "expected the certificate's expiry to capture `v`, got nothing"},
      {"/large", "xpath: '//li[last()]'", R"("19999")"},
  }));
  CAPTURE(row.path, row.capture);
  const WebServer server(answer);
  Bench bench;
  const std::string steps = "      - {name: s, get: " + std::string(row.path) + ", capture: {v: {" + row.capture +
                            "}}}\n      - {name: show, post: /text, json: '{{ v }}'}\n";
  const Run run = bench.run(journey_of(server, steps));
  INFO(everything(run));
  if (std::string_view(row.value).starts_with("expected")) {
    CHECK(run.result.row.reason == Reason::capture);
    CHECK_THAT(run.result.evidence.message, Catch::Contains(row.value));
    return;
  }
  REQUIRE(run.result.row.success());
  CHECK(server.requests().back().body == row.value);
}

TEST_CASE("the final URL is captured whole") {
  const WebServer server(answer);
  Bench bench;
  const Run run = bench.run(journey_of(server,
                                       "      - {name: s, get: '/text?a=1', capture: {v: {url: true}}}\n"
                                       "      - {name: show, post: /text, body: '{{ v }}'}\n"));
  REQUIRE(run.result.row.success());
  CHECK(server.requests().back().body == server.url() + "/text?a=1");
}

TEST_CASE("an expectation that does not hold says what was expected and what came") {
  struct Row {
    const char* path;
    const char* expect;
    const char* message;  // empty: it holds
  };
  const Row row = GENERATE(values<Row>({
      {"/json", "status: 200", ""},
      {"/json", "status: [201, 202]", "expected status 201 or 202, got 200"},
      {"/nowhere", "size: 0", "expected status 2xx or 3xx, got 404"},
      {"/json", "headers: {x-many: two, Content-Type: {matches: json}}", ""},
      {"/json", "headers: {X-Many: three}", "expected a header X-Many to be \"three\", got \"one\", \"two\""},
      {"/json", "headers: {X-None: {matches: .}}", "expected a header X-None to match `.`, got none"},
      {"/json", "headers: {X-Many: {absent: true}}", "expected no header X-Many, got \"one\""},
      {"/json", "headers: {X-None: {absent: true}}", ""},
      {"/page", "headers: {Set-Cookie: x}", "expected a header Set-Cookie to be \"x\", got \"<secret>\""},
      {"/json", "jq: '.id == \"007\"'", ""},
      {"/json", "jq: ['.yes', '.id == \"8\"']",
       "expected jq `.yes`, got false; expected jq `.id == \"8\"`, got false (.id is \"007\")"},
      {"/text", "regex: ['order', 'of \\d+']", ""},
      {"/text", "regex: 'refund'", "expected the body to match `refund`, got \"order 17 of 42, key=v1; key=v2;\""},
      {"/text", "not_regex: 'key=\\w+'", "expected the body not to match `key=\\w+`, got \"key=v1\""},
      {"/text", "size: '< 1kB'", ""},
      {"/text", "size: '> 1kB'", "expected a body of > 1kB, got 31 bytes"},
      {"/page", "xpath: [//title, {path: //li, count: 2}, {path: //title, text: '{{ title }}'}, 'count(//li) = 2']",
       ""},
      {"/page",
       "xpath: [//table, {path: //li, count: '>= 3'}, {path: //li, text: three}, {path: //li, matches: ^x}, "
       "'count(//li) = 3']",
       "expected XPath `//table` to find a node, got none; expected XPath `//li` to find >= 3 nodes, got 2; expected "
       "XPath `//li` to be \"three\", got \"one\", \"two\"; expected XPath `//li` to match `^x`, got \"one\", \"two\"; "
       "expected XPath `count(//li) = 3`, got false"},
      {"/page", "xpath: '//x:y'",
       "expected XPath `//x:y`, got an error: the page's root declares no such prefix at column 6"},
      {"/page", "url: {matches: '/page$'}", ""},
      {"/page", "url: {matches: '/login'}", "expected the final URL to match `/login`, got \"http://127.0.0.1:"},
      {"/json", "duration: '> 1h'", "expected a duration > 1h, got "},
      {"/page", "status: 201, not_regex: Tasks, xpath: //b, size: 1",
       "expected status 201, got 200; expected XPath `//b` to find a node, got none; expected the body not to match "
       "`Tasks`, got \"Tasks\"; expected a body of 1, got "},
  }));
  CAPTURE(row.path, row.expect);
  const WebServer server(answer);
  Bench bench;
  const Run run = bench.run(
      journey_of(server, "      - {name: s, get: " + std::string(row.path) + ", expect: {" + row.expect + "}}\n"));
  const std::string label = "step \"s\" (GET " + std::string(row.path) + "): ";
  if (std::string_view(row.message).empty()) {
    CHECK(run.result.evidence.message.empty());
  } else {
    CHECK_THAT(run.result.evidence.message, Catch::StartsWith(label + row.message));
  }
}

TEST_CASE("what a step does not capture is told beside what it did not expect") {
  const WebServer server(answer);
  Bench bench;
  const Run run = bench.run(journey_of(server,
                                       "      - {name: s, get: /json, expect: {status: 201}, "
                                       "capture: {a: {jq: .none}, b: {header: X-None}}}\n"));
  CHECK(run.result.row.reason == Reason::http_status);
  CHECK(run.result.evidence.message ==
        "step \"s\" (GET /json): expected status 201, got 200; expected jq `.none` to capture `a`, got nothing; "
        "expected a header X-None to capture `b`, got nothing");
}

TEST_CASE("evidence has the request beside the answer") {
  const WebServer server(answer);
  Bench bench;
  const Run run = bench.run(journey_of(server,
                                       "      - {name: s, post: /nowhere, headers: {X-A: b}, bearer: abcdefgh, "
                                       "form: {user: probe, password: '{{ two }}{{ two }}'}}\n"));
  const std::string& headers = run.result.evidence.headers;
  INFO(headers);
  CHECK_THAT(headers, Catch::StartsWith("POST " + server.url() + "/nowhere\nX-A: b\n"));
  CHECK_THAT(headers, Catch::Contains("Authorization: <secret>\n\nuser=probe\npassword=<secret>\n\nHTTP/1.1 404\n"));
}

}  // namespace nines::journeys
