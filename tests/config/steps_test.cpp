// What each key of a step becomes.

#include <catch2/catch.hpp>

#include "tests/config/support.hpp"

namespace nines::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Journey journey(const std::string& steps) {
  return loaded(
             "\njourneys: [{name: j, base_url: 'http://x', variables: {v: '1'}, secrets: {s: {env: A_TOKEN}}, "
             "headers: {X-All: '{{ v }}'}, steps: [{name: a, get: /a, capture: {id: {jq: .id}}}, " +
             steps + "]}]\n")
      .journeys.at(0);
}

// The second step; the first captures `id`.
Step step(const std::string& keys) {
  return journey("{name: b, " + keys + "}").steps.at(1);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST_CASE("a request has any method") {
  const std::pair<const char*, std::pair<const char*, const char*>> cases[] = {
      {"get: /p", {"GET", "/p"}},
      {"post: /p", {"POST", "/p"}},
      {"put: /p", {"PUT", "/p"}},
      {"patch: /p", {"PATCH", "/p"}},
      {"delete: /p", {"DELETE", "/p"}},
      {"head: /p", {"HEAD", "/p"}},
      {"options: /p", {"OPTIONS", "/p"}},
      {"method: PROPFIND, url: /p", {"PROPFIND", "/p"}},
      {"request: {method: REPORT, url: 'https://y/{{ id }}'}", {"REPORT", "https://y/{{ id }}"}},
  };
  for (const auto& [keys, expected] : cases) {
    INFO(keys);
    CHECK(step(keys).method == expected.first);
    CHECK(step(keys).url == expected.second);
  }
}

TEST_CASE("a journey's headers are kept, and so is the query with its repeated keys") {
  CHECK(journey("{name: b, get: /}").headers == Pairs{{"X-All", "{{ v }}"}});
  CHECK(step("get: /, query: {q: '{{ v }} x', tag: [a, b], n: 1}").query ==
        Pairs{{"q", "{{ v }} x"}, {"tag", "a"}, {"tag", "b"}, {"n", "1"}});
}

TEST_CASE("a form is a mapping or, to keep an order of its own, a list") {
  const std::string file = test_folder("good") + "/token.txt";
  const auto form = step("post: /, form: {user: '{{ v }}', tag: [a, b], photo: {file: '" + file +
                         "', content_type: image/png}, more: [c, {file: '" + file + "'}]}")
                        .form;
  REQUIRE(form.size() == 6);
  CHECK(form[0].name == "user");
  CHECK(form[0].value == "{{ v }}");
  CHECK(form[2].name == "tag");
  CHECK(form[2].value == "b");
  CHECK(form[3].file == file);
  CHECK(form[3].content_type == "image/png");
  CHECK(form[5].name == "more");
  CHECK(form[5].file == file);

  const auto list = step("post: /, form: [{name: b, value: 1}, {name: a, file: '" + file +
                         "'}, {name: b, value: '{}', content_type: application/json}]")
                        .form;
  REQUIRE(list.size() == 3);
  CHECK(list[0].name == "b");
  CHECK(list[1].file == file);
  CHECK(list[2].value == "{}");
  CHECK(list[2].content_type == "application/json");
}

TEST_CASE("a body is a text or a file") {
  CHECK(step("post: /, body: 'a {{ id }}'").body == "a {{ id }}");
  CHECK(step("post: /, body: ''").body == "");
  CHECK_FALSE(step("post: /").body.has_value());
  const std::string file = test_folder("good") + "/token.txt";
  CHECK(step("put: /, body_file: '" + file + "'").body_file == file);
}

TEST_CASE("a step logs in in one of four ways") {
  CHECK(std::holds_alternative<std::monostate>(step("get: /").login));
  const auto basic = std::get<BasicLogin>(step("get: /, basic_auth: {username: u, password: '{{ s }}'}").login);
  CHECK(basic.username == "u");
  CHECK(basic.password == "{{ s }}");
  CHECK(std::get<BearerLogin>(step("get: /, bearer: '{{ s }}'").login).token == "{{ s }}");

  const std::string oauth = "get: /, oauth2: {token_url: 'https://y/token', client_id: c, client_secret: '{{ s }}'";
  const auto credentials = std::get<OAuth2Login>(step(oauth + ", scopes: [r, w]}").login);
  CHECK(credentials.token_url == "https://y/token");
  CHECK(credentials.client_id == "c");
  CHECK(credentials.client_secret == "{{ s }}");
  CHECK(credentials.scopes == std::vector<std::string>{"r", "w"});
  CHECK(credentials.username.empty());
  const auto password = std::get<OAuth2Login>(step(oauth + ", username: u, password: '{{ s }}'}").login);
  CHECK(password.username == "u");
  CHECK(password.password == "{{ s }}");
  CHECK_NOTHROW(step(oauth + ", grant_type: client_credentials}"));
  CHECK_NOTHROW(step("get: /, oauth2: {token_url: '{{ v }}', username: u, password: p, grant_type: password}"));

  const auto aws = std::get<AwsLogin>(step("get: /, aws_sigv4: {access_key: a, secret_key: '{{ s }}', session_token: "
                                           "'{{ v }}', region: eu-west-1, service: s3}")
                                          .login);
  CHECK(aws.access_key == "a");
  CHECK(aws.secret_key == "{{ s }}");
  CHECK(aws.session_token == "{{ v }}");
  CHECK(aws.region == "eu-west-1");
  CHECK(aws.service == "s3");
}

TEST_CASE("a step follows redirects, retries, repeats and waits when it says so") {
  const Step plain = step("get: /");
  CHECK_FALSE(plain.follow_redirects);
  CHECK(plain.retry.attempts == 1);
  CHECK(plain.repeat.times == 1);
  CHECK(plain.repeat.list.empty());
  CHECK(plain.think_time == Micros::zero());

  const Step full =
      step("get: /, follow_redirects: true, retry: {attempts: 3, delay: 500ms}, repeat: 5, think_time: 2s");
  CHECK(full.follow_redirects);
  CHECK(full.retry.attempts == 3);
  CHECK(full.retry.delay == milliseconds(500));
  CHECK(full.repeat.times == 5);
  CHECK(full.think_time == seconds(2));

  const Step each = step("get: '/{{ one }}', repeat: {for_each: id, as: one, most: 50}");
  CHECK(each.repeat.list == "id");
  CHECK(each.repeat.as == "one");
  CHECK(each.repeat.most == 50);
  const Step item = step("get: '/{{ item }}', repeat: {for_each: id}");
  CHECK(item.repeat.as == "item");
  CHECK(item.repeat.most == 100);
}

TEST_CASE("a condition is a name, its negation or a jq program") {
  CHECK(step("get: /").when.empty());
  CHECK(step("get: /, when: id").when == "id");
  CHECK_FALSE(step("get: /, when: id").when_not);
  const Step negated = step("get: /, when: 'not  id'");
  CHECK(negated.when == "id");
  CHECK(negated.when_not);
  const Step program = step("get: /, when: '$id > 1 and $v != \"x\"'");
  CHECK(program.when.empty());
  REQUIRE(program.when_program.has_value());
  CHECK(program.when_program->text == "$id > 1 and $v != \"x\"");
  CHECK(program.when_program->at.line == 2);
}

TEST_CASE("a step may do without a request") {
  const Step set = step("set: {page: '1', next: '{{ page }}', v: '{{ id }}'}");
  CHECK(set.method.empty());
  CHECK(set.set == Pairs{{"page", "1"}, {"next", "{{ page }}"}, {"v", "{{ id }}"}});
  const Step wait = step("think_time: 1s");
  CHECK(wait.method.empty());
  CHECK(wait.think_time == seconds(1));
}

TEST_CASE("what a step creates has a kind, a name and a way to delete it") {
  const auto creates = step(
                           "post: /, capture: {task: {jq: .id}}, creates: {kind: task, id: task, delete: "
                           "'/tasks/{{ task }}', headers: {Authorization: 'Bearer {{ s }}'}}")
                           .creates;
  REQUIRE(creates.has_value());
  CHECK(creates->kind == "task");
  CHECK(creates->id == "task");
  CHECK(creates->remove == "/tasks/{{ task }}");
  CHECK(creates->headers == Pairs{{"Authorization", "Bearer {{ s }}"}});
}

TEST_CASE("a capture has one source, and a regular expression narrows some of them") {
  const auto capture = [](const std::string& keys) {
    return step("get: /, capture: {c: {" + keys + "}}").captures.at(0);
  };
  const std::pair<const char*, std::pair<CaptureKind, const char*>> cases[] = {
      {"jq: .x", {CaptureKind::jq, ".x"}},
      {"header: Location", {CaptureKind::header, "Location"}},
      {"cookie: session", {CaptureKind::cookie, "session"}},
      {"regex: 'a(b)'", {CaptureKind::regex, ""}},
      {"xpath: '//input/@value'", {CaptureKind::xpath, "//input/@value"}},
      {"status: true", {CaptureKind::status, ""}},
      {"url: true", {CaptureKind::url, ""}},
      {"body: true", {CaptureKind::body, ""}},
      {"certificate: expiry", {CaptureKind::certificate, "expiry"}},
  };
  for (const auto& [keys, expected] : cases) {
    INFO(keys);
    const Capture one = capture(keys);
    CHECK(one.name == "c");
    CHECK(one.kind == expected.first);
    CHECK(one.argument == expected.second);
    CHECK(one.regex.has_value() == (one.kind == CaptureKind::regex));
    CHECK_FALSE(one.all);
    CHECK(one.fallback == nullptr);
  }
  for (const char* source : {"header: Location", "cookie: c", "xpath: //a", "url: true"}) {
    INFO(source);
    const Capture one = capture(std::string(source) + ", regex: '/(?P<name>\\d+)', group: name");
    CHECK(one.kind != CaptureKind::regex);
    CHECK(one.regex->pattern == "/(?P<name>\\d+)");
    CHECK(one.group == "name");
  }
  CHECK(capture("regex: '(a)(b)', group: 2").group == "2");
  CHECK(capture("regex: a, group: 0").group == "0");
  for (const char* source : {"jq: '.[]'", "header: Link", "regex: a", "xpath: //a"}) {
    INFO(source);
    CHECK(capture(std::string(source) + ", all: true").all);
  }
  CHECK(capture("jq: .x, default: 7").fallback->integer == 7);
  CHECK(capture("jq: .x, default: '007'").fallback->text == "007");
  CHECK(capture("jq: .x, default: null").fallback->kind == JsonTemplate::Kind::null);
  CHECK(capture("jq: .x, default: [1, '{{ id }}']").fallback->items.size() == 2);
}

TEST_CASE("expectations, and those that are waited for, have the same keys") {
  const std::string rules =
      "{status: [200, 201], headers: {Content-Type: 'text/{{ v }}', ETag: {matches: '^W/'}, X-Debug: {absent: true}}, "
      "jq: "
      "['.a == $id', .b], regex: a, not_regex: [b, c], xpath: [//a, {path: //b, count: '>= 1'}, {path: //c, text: "
      "'{{ v }}'}, {path: //d, matches: e, count: 2}], url: {matches: '/tasks$'}, size: '< 1MB', duration: '< 2s'}";
  const Step both = step("get: /, expect: " + rules + ", until: " + rules + ", every: 100ms, within: 3s");
  CHECK(both.every == milliseconds(100));
  CHECK(both.within == seconds(3));
  REQUIRE(both.until.has_value());
  for (const Expect* expect : {&both.expect, &*both.until}) {
    CHECK_FALSE(expect->empty());
    CHECK(expect->status == std::vector{200, 201});
    REQUIRE(expect->headers.size() == 3);
    CHECK(expect->headers[0].header == "Content-Type");
    CHECK(expect->headers[0].rule.equals == "text/{{ v }}");
    CHECK(expect->headers[1].rule.matches->pattern == "^W/");
    CHECK(expect->headers[2].absent);
    CHECK(expect->jq.size() == 2);
    REQUIRE(expect->regex.size() == 1);
    CHECK(expect->regex[0].compiled != nullptr);
    CHECK(expect->not_regex.size() == 2);
    REQUIRE(expect->xpath.size() == 4);
    CHECK(expect->xpath[0].expression == "//a");
    CHECK_FALSE(expect->xpath[0].count.has_value());
    CHECK(expect->xpath[1].count->op == CountLimit::Op::greater_equal);
    CHECK(expect->xpath[2].text.equals == "{{ v }}");
    CHECK(expect->xpath[3].text.matches->pattern == "e");
    CHECK(expect->xpath[3].count->value == 2);
    CHECK(expect->url->matches->pattern == "/tasks$");
    CHECK(expect->size->value == 1'000'000);
    CHECK(expect->duration->value == seconds(2));
  }
  CHECK(step("get: /, expect: {url: 'http://x/{{ id }}'}").expect.url->equals == "http://x/{{ id }}");
  CHECK(step("get: /, expect: {xpath: //a}").expect.xpath.size() == 1);
  CHECK(step("get: /, expect: {status: 200, jq: .a}").expect.jq.size() == 1);
  CHECK(step("get: /").expect.empty());
}

}  // namespace
}  // namespace nines::config
