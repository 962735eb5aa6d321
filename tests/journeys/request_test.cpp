#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/journeys/bench.hpp"
#include "tests/journeys/web_server.hpp"

namespace nines::journeys {
namespace {

std::string filled(std::size_t size) {
  std::string text;
  text.resize(size, 'x');
  return text;
}

// A journey of these steps (YAML, six spaces deep) against the server.
std::shared_ptr<const config::Journey> journey_of(const WebServer& server, const std::string& steps,
                                                  const std::string& more = {}) {
  return load_journey("services: [{name: app}]\njourneys:\n  - name: j\n    service: app\n    base_url: " +
                          server.url() + "\n    interval: 1m\n    timeout: 20s\n" + more + "    steps:\n" + steps,
                      {{"PASSWORD", "correct horse"}, {"KEY", "AKIDEXAMPLE"}, {"SECRET", "wJalrXUtnFEMI/K7MDENG"}});
}

constexpr const char* kVariables =
    "    variables: {title: 'a b&c=d/é', n: '7', list: 'x'}\n"
    "    secrets: {password: {env: PASSWORD}, key: {env: KEY}, secret: {env: SECRET}}\n"
    "    headers: {X-Common: 'of {{ title }}', X-Own: journey}\n";

WebAnswer ok(const WebRequest& /*request*/) {
  return {};
}

}  // namespace

TEST_CASE("a step's request is sent as it is written") {
  struct Row {
    const char* keys;
    const char* target;
    const char* body;
    std::vector<std::pair<std::string, std::string>> headers;
  };
  const auto row = GENERATE(values<Row>({
      {"get: /a", "/a", "", {{"x-common", "of a b&c=d/é"}, {"x-own", "journey"}, {"content-type", ""}}},
      {"get: /a, headers: {x-own: step}", "/a", "", {{"x-own", "step"}}},
      {"get: /a, query: {q: '{{ title }}', tag: [x, y]}", "/a?q=a%20b%26c%3Dd%2F%C3%A9&tag=x&tag=y", "", {}},
      {"get: '/a?b=1', query: {c: 2}", "/a?b=1&c=2", "", {}},
      {"get: '/a#f', query: {c: 2}", "/a?c=2", "", {}},
      {"post: /f, form: {t: '{{ title }}', tag: [x, y], e: ''}",
       "/f",
       "t=a+b%26c%3Dd%2F%C3%A9&tag=x&tag=y&e=",
       {{"content-type", "application/x-www-form-urlencoded"}}},
      {"post: /f, form: {t: x}, headers: {Content-Type: text/x}", "/f", "t=x", {{"content-type", "text/x"}}},
      {"post: /b, body: 'plain {{ n }}'", "/b", "plain 7", {{"content-type", ""}}},
      {"post: /j, json: {n: '{{ n }}', k: [1, true, null]}",
       "/j",
       R"({"n":"7","k":[1,true,null]})",
       {{"content-type", "application/json"}}},
      {"get: /a, basic_auth: {username: probe, password: '{{ password }}'}",
       "/a",
       "",
       {{"authorization", "Basic cHJvYmU6Y29ycmVjdCBob3JzZQ=="}}},
      {"get: /a, bearer: '{{ n }}{{ n }}'", "/a", "", {{"authorization", "Bearer 77"}}},
      {"delete: /d", "/d", "", {}},
      {"method: PROPFIND, url: /p", "/p", "", {}},
  }));
  CAPTURE(row.keys);
  const WebServer server(ok);
  Bench bench;
  const Run run = bench.run(journey_of(server, "      - {name: s, " + std::string(row.keys) + "}\n", kVariables));
  INFO(everything(run));
  REQUIRE(run.result.row.success());
  REQUIRE(server.requests().size() == 1);
  const WebRequest request = server.requests().front();
  CHECK(request.target == row.target);
  CHECK(request.body == row.body);
  for (const auto& [name, value] : row.headers) {
    CAPTURE(name);
    CHECK(request.header(name) == value);
  }
}

TEST_CASE("a form with a file is multipart, its names quoted and its bytes as they are") {
  const harness::TempDir directory;
  const std::string bytes("\x89PNG\r\n\0--x", 10);
  const std::string file = directory.write("a \"b\".png", bytes).string();
  const std::string plain = directory.write("plain.bin", bytes).string();
  const WebServer server(ok);
  Bench bench;
  const Run run = bench.run(journey_of(
      server,
      "      - {name: s, post: /f, form: [{name: 't\"x', value: 'é {{ n }}'}, {name: tag, value: a}, {name: tag, "
      "value: b}, {name: up, file: '" +
          file + "', content_type: image/png}, {name: raw, file: '" + plain +
          "'}]}\n      - {name: b, put: /b, body_file: '" + plain + "'}\n",
      kVariables));
  INFO(everything(run));
  REQUIRE(run.result.row.success());
  const WebRequest request = server.requests().front();
  const std::string type = request.header("content-type");
  REQUIRE(type.starts_with("multipart/form-data; boundary="));
  const std::string boundary = type.substr(type.find('=') + 1);
  const auto part = [&](const std::string& head, const std::string& body) {
    return "--" + boundary + "\r\n" + head + "\r\n\r\n" + body + "\r\n";
  };
  CHECK(request.body ==
        part("Content-Disposition: form-data; name=\"t%22x\"", "é 7") +
            part("Content-Disposition: form-data; name=\"tag\"", "a") +
            part("Content-Disposition: form-data; name=\"tag\"", "b") +
            part("Content-Disposition: form-data; name=\"up\"; filename=\"a %22b%22.png\"\r\nContent-Type: image/png",
                 bytes) +
            part("Content-Disposition: form-data; name=\"raw\"; filename=\"plain.bin\"\r\nContent-Type: "
                 "application/octet-stream",
                 bytes) +
            "--" + boundary + "--\r\n");
  CHECK(server.requests().back().body == bytes);
}

TEST_CASE("a file that is gone or too large is not sent") {
  const harness::TempDir directory;
  const auto large = directory.write("large", filled(10'000'001));
  const WebServer server(ok);
  Bench bench;
  const auto journey = journey_of(server, "      - {name: s, post: /f, body_file: '" + large.string() + "'}\n");
  const Run run = bench.run(journey);
  CHECK(run.result.row.reason == Reason::capture);
  CHECK(run.result.evidence.message == "step \"s\" (POST /f): not sent: the body: " + large.string() +
                                           " is too large: expected at most 10000000 bytes");
  std::filesystem::remove(large);
  CHECK(bench.run(journey).result.evidence.message ==
        "step \"s\" (POST /f): not sent: the body: " + large.string() + " cannot be read: No such file or directory");
  CHECK(server.requests().empty());
}

TEST_CASE("cookies are the run's own: their path, domain and expiry are honoured") {
  const WebServer server([](const WebRequest& request) {
    WebAnswer answer;
    if (request.path() == "/login") {
      answer.status = 302;
      answer.headers = {{"Set-Cookie", "session=abc; Path=/; HttpOnly"},
                        {"Set-Cookie", "deep=1; Path=/deep"},
                        {"Set-Cookie", "safe=1; Secure"},  // loopback counts as secure, as in browsers
                        {"Set-Cookie", "old=1; Max-Age=0"},
                        {"Set-Cookie", "alien=1; Domain=example.com"},
                        {"Location", "/home"}};
    }
    if (request.path() == "/change") answer.headers = {{"Set-Cookie", "session=def; Path=/"}};
    return answer;
  });
  Bench bench;
  const auto journey = journey_of(server,
                                  "      - {name: login, post: /login, follow_redirects: true, form: {u: x}}\n"
                                  "      - {name: plain, get: /a, headers: {Cookie: own=1}}\n"
                                  "      - {name: deep, get: /deep/b, capture: {kept: {cookie: session}}}\n"
                                  "      - {name: change, get: /change, capture: {fresh: {cookie: session}}}\n"
                                  "      - {name: after, get: '/{{ kept }}/{{ fresh }}'}\n"
                                  "      - {name: none, get: /a, capture: {x: {cookie: nowhere}}}\n");
  for (int i = 0; i < 2; ++i) {
    const Run run = bench.run(journey);
    CHECK_THAT(run.result.evidence.message, Catch::EndsWith("expected a cookie nowhere to capture `x`, got nothing"));
    CHECK_FALSE(everything(run).contains("session=def"));
  }
  const auto requests = server.requests();
  REQUIRE(requests.size() == 14);
  for (std::size_t first : {0, 7}) {
    CHECK(requests[first].header("cookie").empty());
    CHECK(requests[first + 1].method == "GET");
    CHECK(requests[first + 1].header("cookie") == "session=abc; safe=1");
    CHECK(requests[first + 2].header("cookie") == "session=abc; safe=1; own=1");
    CHECK(requests[first + 3].header("cookie") == "deep=1; session=abc; safe=1");
    CHECK(requests[first + 4].header("cookie") == "session=abc; safe=1");
    CHECK(requests[first + 5].target == "/abc/def");
    CHECK(requests[first + 5].header("cookie") == "session=def; safe=1");
  }
}

TEST_CASE("redirects are followed where a step says so") {
  const WebServer server([](const WebRequest& request) {
    WebAnswer answer;
    if (request.path() == "/from") answer = {.status = 303, .headers = {{"Location", "/to?x=1"}}};
    return answer;
  });
  Bench bench;
  const Run run =
      bench.run(journey_of(server,
                           "      - {name: not, get: /from, expect: {status: 303, url: {matches: '/from$'}}, "
                           "capture: {where: {header: location}}}\n"
                           "      - {name: followed, post: /from, body: x, follow_redirects: true, "
                           "expect: {status: 200, url: '" +
                               server.url() + "{{ where }}'}}\n"));
  INFO(everything(run));
  CHECK(run.result.row.success());
  CHECK(server.requests().back().method == "GET");
}

TEST_CASE("an OAuth2 token is fetched by either grant, kept, and fetched anew when it is refused") {
  int given = 0;
  std::string good;
  const WebServer server([&](const WebRequest& request) {
    WebAnswer answer;
    if (request.path() == "/token") {
      good = "secret-token-" + std::to_string(++given);
      answer.body = R"({"access_token":")" + good + R"(","token_type":"bearer","expires_in":3600})";
    } else if (request.header("authorization") != "Bearer " + good) {
      answer = {.status = 401, .body = "got " + request.header("authorization")};
    }
    return answer;
  });
  Bench bench;
  const auto journey = journey_of(
      server,
      "      - {name: a, get: /a, oauth2: {token_url: '" + server.url() +
          "/token', client_id: nines, client_secret: '{{ secret }}', scopes: [r, w]}}\n"
          "      - {name: b, get: /b, oauth2: {token_url: '" +
          server.url() +
          "/token', client_id: nines, client_secret: '{{ secret }}', username: probe, password: '{{ password }}'}}\n",
      kVariables);
  const Run first = bench.run(journey);
  INFO(everything(first));
  REQUIRE(first.result.row.success());
  auto requests = server.requests();
  REQUIRE(requests.size() == 4);
  CHECK(requests[0].body == "grant_type=client_credentials&scope=r+w");
  CHECK(requests[2].body == "grant_type=password&username=probe&password=correct+horse");

  // Both are kept; the server has only the second: the first step is refused once and asks again.
  const Run second = bench.run(journey);
  CHECK(second.result.row.success());
  CHECK(step(second, "a").requests.size() == 2);
  CHECK(step(second, "a").requests[0].status == 401);

  // A token that is fresh and still refused is not fetched again.
  good = "nothing";
  auto broken = *journey;
  broken.steps.resize(1);
  std::get<config::OAuth2Login>(broken.steps[0].login).scopes = {"other"};
  const WebServer refusing([](const WebRequest& request) {
    WebAnswer answer{.status = 401, .body = "you sent " + request.header("authorization")};
    if (request.path() == "/token") answer = {.body = R"({"access_token":"secret-token-x","expires_in":60})"};
    return answer;
  });
  broken.base_url = refusing.url();
  std::get<config::OAuth2Login>(broken.steps[0].login).token_url = "/token";
  const Run third = bench.run(std::make_shared<const config::Journey>(broken));
  CHECK(third.result.row.reason == Reason::http_status);
  CHECK(refusing.requests().size() == 2);
  CHECK_FALSE(everything(third).contains("secret-token"));
  CHECK_FALSE(everything(third).contains("correct"));
}

TEST_CASE("a token that cannot be had has its own reason, and no secret in it") {
  const WebServer server(
      [](const WebRequest&) { return WebAnswer{.status = 400, .body = R"({"error":"invalid_grant"})"}; });
  Bench bench;
  const Run run = bench.run(journey_of(server,
                                       "      - {name: a, get: /a, oauth2: {token_url: /token, client_id: nines, "
                                       "client_secret: '{{ secret }}', username: u, password: '{{ password }}'}}\n",
                                       kVariables));
  CHECK(reason_name(run.result.row.reason) == "oauth2_token");
  CHECK(run.result.evidence.message == "step \"a\" (GET /a): no access token from " + server.url() +
                                           "/token: answered 400 (invalid_grant); expected 200");
}

TEST_CASE("an AWS login signs what is sent") {
  const WebServer server(ok);
  Bench bench;
  const Run run =
      bench.run(journey_of(server,
                           "      - {name: a, get: '/a?z=1', query: {b: '~ +'}, aws_sigv4: {access_key: '{{ key "
                           "}}', secret_key: '{{ secret }}', region: eu-west-1, service: execute-api}}\n",
                           kVariables));
  INFO(everything(run));
  REQUIRE(run.result.row.success());
  const WebRequest request = server.requests().front();
  CHECK(request.target == "/a?b=~%20%2B&z=1");
  CHECK_THAT(request.header("authorization"), Catch::StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
  CHECK(request.header("x-amz-date").size() == 16);
}

TEST_CASE("what would change a request is not sent") {
  struct Row {
    const char* keys;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"get: /a, bearer: '{{ bad }}'", "step \"s\" (GET /a): not sent: the login's token: it has a control character"},
      {"get: /a, basic_auth: {username: '{{ colon }}', password: x}",
       "step \"s\" (GET /a): not sent: the login's username has a colon, which Basic cannot carry"},
      {"get: /a, headers: {X: '{{ bad }}'}",
       "step \"s\" (GET /a): not sent: the header X has a control character in its value"},
  }));
  CAPTURE(row.keys);
  const WebServer server([](const WebRequest&) { return WebAnswer{.body = R"({"bad":"a\r\nX: 1"})"}; });
  Bench bench;
  const Run run = bench.run(journey_of(
      server,
      "      - {name: r, get: /r, capture: {bad: {jq: .bad}}}\n      - {name: s, " + std::string(row.keys) + "}\n",
      "    variables: {colon: 'a:b'}\n"));
  CHECK(run.result.evidence.message == row.message);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("what filters make of a secret is not shown") {
  const WebServer server([](const WebRequest& request) {
    return WebAnswer{.status = 500, .body = request.target + " " + request.header("x-sent") + " " + request.body};
  });
  const char* filter =
      GENERATE("upper", "base64", "urlencode", "sha256", "json", "hmac_sha256 secret", "base64 | upper");
  CAPTURE(filter);
  Bench bench;
  const Run run = bench.run(journey_of(server,
                                       "      - {name: s, post: '/a?x={{ password | " + std::string(filter) +
                                           " }}', headers: {X-Sent: 'y {{ password | " + filter +
                                           " }}'}, body: 'z{{ password | " + filter + " }}'}\n",
                                       kVariables));
  const std::string sent = server.requests().front().body.substr(1);
  REQUIRE(sent.size() > 8);
  const std::string text = everything(run);
  INFO(text);
  CHECK_FALSE(text.contains(sent));
  CHECK_FALSE(text.contains(percent_encode(sent)));
  CHECK(text.contains("<secret>"));
}

}  // namespace nines::journeys
