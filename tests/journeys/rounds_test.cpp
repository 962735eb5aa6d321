#include <optional>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "probes/async/event.hpp"
#include "probes/async/scope.hpp"
#include "tests/journeys/bench.hpp"
#include "tests/journeys/web_server.hpp"

namespace nines::journeys {
namespace {

std::shared_ptr<const config::Journey> journey_of(const WebServer& server, const std::string& steps,
                                                  const std::string& timeout = "20s") {
  return load_journey("services: [{name: app}]\njourneys:\n  - name: j\n    service: app\n    base_url: " +
                      server.url() + "\n    interval: 1m\n    timeout: " + timeout +
                      "\n    variables: {yes: '1', no: '', page: '1'}\n    steps:\n" + steps);
}

WebAnswer pages(const WebRequest& request) {
  if (request.path() == "/list") return {.body = R"({"ids":["a","b","c"],"none":[],"text":"x"})"};
  if (request.target == "/page?p=1") return {.body = R"({"next":"2"})"};
  if (request.target == "/page?p=2") return {.body = R"({"next":null})"};
  if (request.path() == "/fail/b") return {.status = 500};
  return {};
}

std::vector<std::string> names(const Run& run) {
  std::vector<std::string> out;
  for (const StepResult& result : run.steps) out.push_back(result.name + (result.skipped ? " skipped" : ""));
  return out;
}

std::vector<std::string> targets(const WebServer& server) {
  std::vector<std::string> out;
  for (const WebRequest& request : server.requests()) out.push_back(request.target);
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a step runs as often as it says, each round with a result of its own") {
  struct Row {
    const char* steps;
    Texts names;
    Texts targets;
    const char* message;
  };
  const auto row = GENERATE(values<Row>({
      {"      - {name: s, get: /a, repeat: 3}\n", {"s[1]", "s[2]", "s[3]"}, {"/a", "/a", "/a"}, ""},
      {"      - {name: l, get: /list, capture: {ids: {jq: .ids}}}\n"
       "      - {name: s, get: '/i/{{ id }}', repeat: {for_each: ids, as: id}}\n",
       {"l", "s[1]", "s[2]", "s[3]"},
       {"/list", "/i/a", "/i/b", "/i/c"},
       ""},
      {"      - {name: l, get: /list, capture: {ids: {jq: .ids}}}\n"
       "      - {name: s, get: '/fail/{{ item }}', repeat: {for_each: ids}}\n",
       {"l", "s[1]", "s[2]"},
       {"/list", "/fail/a", "/fail/b"},
       "step \"s[2]\" (GET /fail/{{ item }}): expected status 2xx or 3xx, got 500"},
      {"      - {name: l, get: /list, capture: {ids: {jq: .none}}}\n"
       "      - {name: s, get: '/i/{{ item }}', repeat: {for_each: ids}}\n",
       {"l", "s skipped"},
       {"/list"},
       ""},
      {"      - {name: l, get: /list, capture: {ids: {jq: .text}}}\n"
       "      - {name: s, get: '/i/{{ item }}', repeat: {for_each: ids}}\n",
       {"l", "s"},
       {"/list"},
       "step \"s\" (GET /i/{{ item }}): `ids` is \"x\"; expected a list"},
      {"      - {name: l, get: /list, capture: {ids: {jq: .ids}}}\n"
       "      - {name: s, get: '/i/{{ item }}', repeat: {for_each: ids, most: 2}}\n",
       {"l", "s"},
       {"/list"},
       "step \"s\" (GET /i/{{ item }}): `ids` has 3 items; expected at most 2"},
      {"      - {name: s, get: '/page?p={{ page }}', when: page, repeat: 9, capture: {page: {jq: .next, default: "
       "''}}}\n",
       {"s[1]", "s[2]"},
       {"/page?p=1", "/page?p=2"},
       ""},
      {"      - {name: a, get: /a, when: yes}\n      - {name: b, get: /b, when: no}\n"
       "      - {name: c, get: /c, when: not no}\n      - {name: d, get: /d, when: not yes}\n"
       "      - {name: e, get: /e, when: '$page == \"1\"'}\n      - {name: f, get: /f, when: '$page == \"2\"'}\n",
       {"a", "b skipped", "c", "d skipped", "e", "f skipped"},
       {"/a", "/c", "/e"},
       ""},
      {"      - {name: a, get: /a, when: no, capture: {made: {jq: .id}}}\n"
       "      - {name: b, get: /b, when: '$made != null'}\n      - {name: c, get: /c, when: '$made == null'}\n",
       {"a skipped", "b skipped", "c"},
       {"/c"},
       ""},
      {"      - {name: s, set: {x: 'a{{ page }}', y: '{{ x }}b'}}\n      - {name: t, get: '/{{ y }}'}\n",
       {"s", "t"},
       {"/a1b"},
       ""},
  }));
  CAPTURE(row.steps);
  const WebServer server(pages);
  Bench bench;
  const auto journey = journey_of(server, row.steps);
  CHECK(bench.compile(journey).empty());
  const Run run = bench.run(journey);
  CHECK(run.result.evidence.message == row.message);
  CHECK(names(run) == row.names);
  CHECK(targets(server) == row.targets);
}

TEST_CASE("the measured time is the sum of the rounds, without what was waited before them") {
  const WebServer server(pages);
  Bench bench;
  const Run run = bench.run(journey_of(server,
                                       "      - {name: s, get: /a, repeat: 2, think_time: 150ms, measure: true}\n"
                                       "      - {name: t, get: /a}\n"));
  REQUIRE(run.result.row.success());
  CHECK(run.result.row.measured == step(run, "s[1]").duration + step(run, "s[2]").duration);
  CHECK(run.result.row.duration >= run.result.row.measured + std::chrono::milliseconds(300));
}

TEST_CASE("a stop ends the time a user thinks") {
  const WebServer server(pages);
  Bench bench;
  auto journey = *journey_of(server, "      - {name: s, get: /a, think_time: 1s}\n", "1s");
  journey.steps[0].think_time = std::chrono::seconds(30);  // more than load() lets pass
  const Run late = bench.run(std::make_shared<const config::Journey>(journey));
  CHECK(late.result.row.reason == Reason::timeout);
  CHECK(late.result.evidence.message ==
        "step \"s\" (GET /a): the journey's 1s were up: it waited for its think time of 30s");
  CHECK(late.result.evidence.failed_step == "s");
  CHECK(server.requests().empty());
}

TEST_CASE("a step that fails is tried again, and what failed before is kept") {
  int asked = 0;
  const WebServer server([&](const WebRequest&) { return WebAnswer{.status = ++asked % 3 == 0 ? 200 : 503}; });
  Bench bench;
  const Run good = bench.run(journey_of(server,
                                        "      - {name: s, get: '/{{ uuid }}', retry: {attempts: 3, delay: 10ms}}\n"
                                        "      - {name: t, get: /, expect: {status: 503}}\n"));
  CHECK(good.result.row.success());
  CHECK(good.result.row.first_reason == Reason::http_status);
  CHECK(good.result.row.attempts == 3);
  REQUIRE(good.result.evidence.attempts.size() == 2);
  CHECK(good.result.evidence.attempts[1].outcome.message ==
        "step \"s\" (GET /{{ uuid }}): expected status 2xx or 3xx, got 503");
  CHECK(step(good, "s").requests.size() == 3);
  const auto requests = server.requests();
  CHECK(requests[0].target != requests[1].target);

  asked = 0;
  const Run bad = bench.run(journey_of(server, "      - {name: s, get: /, retry: {attempts: 2, delay: 10ms}}\n"));
  CHECK(bad.result.row.reason == Reason::http_status);
  CHECK(bad.result.row.attempts == 2);
  CHECK(bad.result.evidence.attempts.size() == 1);
}

}  // namespace nines::journeys
