// Step lists, the names that grow from step to step, and the secrets that stand in steps.

#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/config/support.hpp"

namespace nines::config {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Journey journey(const std::string& lists, const std::string& include) {
  return loaded(
             lists +
             "\njourneys: [{name: j, base_url: 'http://x', variables: {v: '1'}, secrets: {s: {env: A_TOKEN}}, steps: "
             "[{name: a, get: /a}, " +
             include + "]}]\n")
      .journeys.at(0);
}

TEST_CASE("an include is its list's steps, with its parameters set before them") {
  const std::string lists =
      "step_lists: {login: {parameters: [user, password], steps: [{name: form, get: /login}, {name: send, post: "
      "/login, "
      "form: {u: '{{ user }}', p: '{{ password }}'}, capture: {session: {cookie: sid}}}]}, twice: {parameters: [v], "
      "steps: [{include: login, with: {user: '{{ v }}', password: x}}]}}";
  const Journey one = journey(lists,
                              "{include: login, with: {user: 'u-{{ v }}', password: '{{ s }}'}}, {name: c, get: "
                              "'/{{ session }}'}");
  REQUIRE(one.steps.size() == 5);
  CHECK(one.steps[1].name == "login");
  CHECK(one.steps[1].method.empty());
  CHECK(one.steps[1].set == Pairs{{"user", "u-{{ v }}"}, {"password", "{{ s }}"}});
  CHECK(one.steps[2].name == "login/form");
  CHECK(one.steps[3].name == "login/send");
  CHECK(one.steps[3].captures.size() == 1);
  CHECK(one.steps[4].name == "c");

  const Journey nested = journey(lists, "{include: twice, name: n, with: {v: '{{ v }}'}}");
  REQUIRE(nested.steps.size() == 4);
  CHECK(nested.steps[1].name == "n/login");  // `v` is set already, so that `n` sets nothing
  CHECK(nested.steps[3].name == "n/login/send");
}

TEST_CASE("one list is included by several journeys and several times") {
  const Config config = loaded(
      "step_lists: {ping: {parameters: [p], steps: [{name: get, get: '/{{ p }}'}]}}\njourneys:\n"
      "- {name: a, base_url: 'http://x', steps: [{include: ping, with: {p: 1}}, {include: ping, name: again, with: "
      "{p: 2}}]}\n"
      "- {name: b, base_url: 'http://y', steps: [{name: s, get: /}], finally: [{include: ping, with: {p: 3}}]}\n");
  CHECK(config.journeys.at(0).steps.at(3).name == "again/get");
  CHECK(config.journeys.at(1).finally.at(0).set == Pairs{{"p", "3"}});
  CHECK(config.journeys.at(1).finally.at(1).name == "ping/get");
}

TEST_CASE("step lists are joined over files, and their paths are from their own") {
  const auto result = load(test_folder("good") + "/shared_steps.yml", test_environment());
  REQUIRE(result.has_value());
  const Journey& shared = result->config.journeys.at(0);
  REQUIRE(shared.steps.size() == 3);
  CHECK(shared.steps[0].name == "ping/get");
  CHECK(shared.steps[0].when == "done");
  CHECK(shared.steps[0].when_not);
  CHECK(shared.steps[1].set == Pairs{{"to", "/files"}});
  CHECK(std::filesystem::equivalent(shared.steps[2].body_file, test_folder("good") + "/token.txt"));
}

TEST_CASE("names grow from step to step, into finally") {
  CHECK_NOTHROW(
      loaded("journeys: [{name: j, base_url: 'http://x', variables: {v: a, w: '{{ v }}'}, secrets: {s: {env: "
             "A_TOKEN}}, steps: ["
             "{name: a, get: '/{{ w | hmac_sha256 s }}', capture: {list: {jq: '.items'}, n: {jq: '$list | length', "
             "default: 0}}, "
             "expect: {jq: '$n > 0 and (. as $own | $own != $v)'}},"
             "{name: b, set: {count: '{{ n }}'}},"
             "{name: c, get: '/{{ item }}/{{ count }}', repeat: {for_each: list}, until: {jq: '.id == $item'}},"
             "{name: d, get: '/{{ item }}', when: '$item > 1', repeat: {for_each: list}}],"
             "finally: [{name: e, when: '$n > 0', delete: '/{{ count }}'}]}]"));
}

TEST_CASE("literal passwords of steps are never shown") {
  const Config config = loaded(
      "step_lists: {l: {parameters: [password], steps: [{name: x, get: /}]}}\n"
      "journeys: [{name: j, base_url: 'http://x', steps: ["
      "{name: a, get: /, basic_auth: {username: u, password: hunter-basic}},"
      "{name: b, get: /, bearer: hunter-bearer},"
      "{name: c, get: /, oauth2: {token_url: 'http://x', client_id: c, client_secret: hunter-client, username: u, "
      "password: hunter-grant}},"
      "{name: d, get: /, aws_sigv4: {access_key: a, secret_key: hunter-aws, session_token: hunter-session, region: r, "
      "service: s}},"
      "{name: e, post: /, form: {password: hunter form}, query: {api_key: hunter-query}},"
      "{name: f, post: /, json: {login: {password: hunter-json}}},"
      "{name: g, set: {password: hunter-set}},"
      "{include: l, name: h, with: {password: '{{ password }}'}}]}]");
  CHECK(config.text.find("hunter") == std::string::npos);
  std::size_t known = 0;
  for (const Secret& secret : config.secrets) known += secret.reveal().starts_with("hunter") ? 1 : 0;
  CHECK(known >= 10);
}

}  // namespace
}  // namespace nines::config
