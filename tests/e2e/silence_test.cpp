// Maintenance that is entered while an agent runs, at a real Alertmanager.

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/time.hpp"
#include "tests/e2e/support.hpp"
#include "tests/harness/alertmanager.hpp"
#include "tests/harness/sink.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;
using namespace std::chrono_literals;

namespace {

// An agent that watches two services, its Alertmanager, and who that tells at once.
struct Neighbourhood {
  TaskApp tasks;
  TaskApp other;
  Sink sink;
  Alertmanager alertmanager{fmt::format(R"(
route: {{receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: '{}'}}]}}]
)",
                                        sink.url("/hook"))};
  Agent agent{fmt::format(R"(
services: [{{name: tasks}}, {{name: other}}]
defaults: {{interval: 200ms, timeout: 200ms}}
checks:
  - {{name: tasks, service: tasks, target: '{}/health'}}
  - {{name: other, service: other, target: '{}/health'}}
alerting: {{alertmanagers: ['{}']}}
)",
                          tasks.url(), other.url(), alertmanager.url())};

  Neighbourhood() {
    for (const char* check : {"tasks", "other"}) agent.await_state(check, "up");
  }
  // Enters a window of the service `tasks` from now on; its id.
  std::int64_t enter(const std::string& length, const std::string& reason) const {
    const Reply made = post(agent.url("/api/v1/maintenance"),
                            Json{{"service", "tasks"}, {"for", length}, {"reason", reason}, {"author", "ann"}}.dump());
    INFO(made.body);
    REQUIRE(made.status == 201);
    return Json::parse(made.body).at("id").get<std::int64_t>();
  }
  Json silence() const {
    const Json all = Json::parse(get(alertmanager.url("/api/v2/silences")).body);
    return all.empty() ? Json() : all.front();
  }
  bool silenced() const {
    const Json one = silence();
    return !one.is_null() && one.at("status").at("state") == "active";
  }
  Time silence_ends() const { return *parse_time(silence().at("endsAt").get<std::string>()); }
  // "firing tasks" for each alert of each message.
  std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (const Sink::Taken& taken : sink.taken()) {
      for (const Json& alert : Json::parse(taken.body).at("alerts")) {
        all.push_back(alert.at("status").get<std::string>() + " " + alert.at("labels").at("check").get<std::string>());
      }
    }
    return all;
  }
  void await_told(const std::string& what) const {
    eventually(
        [&] {
          const auto all = told();
          return std::ranges::find(all, what) != all.end();
        },
        "it is told: " + what, 60s);
  }
  std::size_t alerts_of(const std::string& check, const std::string& state = {}) const {
    const Json all = Json::parse(get(alertmanager.url("/api/v2/alerts")).body);
    return static_cast<std::size_t>(std::ranges::count_if(all, [&](const Json& alert) {
      return alert.at("labels").at("check") == check && (state.empty() || alert.at("status").at("state") == state);
    }));
  }
};

}  // namespace

TEST_CASE("a window that is entered beside a running agent is silenced, raises nothing, and ends when it is removed") {
  Neighbourhood here;
  const auto id = here.enter("1h", "upgrade");
  eventually([&] { return here.silenced(); }, "its service is silenced", 60s);
  const Json silence = here.silence();
  CHECK(silence.at("createdBy") == "ann");
  CHECK_THAT(silence.at("comment").get<std::string>(),
             Catch::StartsWith("upgrade (planned maintenance of tasks until "));
  CHECK(silence.at("matchers").at(0).at("name") == "service");
  CHECK(silence.at("matchers").at(0).at("value") == "tasks");

  here.tasks.stop();
  here.agent.await_state("tasks", "critical");
  // What fails after it is told: a look at all of them raised nothing for the first.
  here.other.stop();
  here.await_told("firing other");
  CHECK(here.alerts_of("tasks") == 0);

  const Json done{{"id", id}, {"reason", "done"}, {"author", "ann"}};
  REQUIRE(post(here.agent.url("/api/v1/maintenance/remove"), done.dump()).status == 200);
  eventually([&] { return !here.silenced(); }, "the silence is over", 60s);
  CHECK(here.silence().at("id") == silence.at("id"));
  here.await_told("firing tasks");
  here.tasks.start();
  here.await_told("resolved tasks");
}

TEST_CASE("maintenance that overruns is silenced longer, by another window or while its service fails") {
  Neighbourhood here;
  here.enter("30s", "upgrade");
  const Time planned = system_clock().now() + 30s;
  eventually([&] { return here.silenced(); }, "its service is silenced", 60s);
  const std::string id = here.silence().at("id");
  SECTION("the service fails still") {
    here.tasks.stop();
    eventually([&] { return here.silence_ends() > planned + 10min; }, "the silence lasts longer", 60s);
    CHECK(here.silence_ends() < planned + 16min);
    eventually([&] { return here.alerts_of("tasks", "suppressed") == 1; }, "after the window the alert is silenced",
               90s);
    here.other.stop();
    here.await_told("firing other");
    const auto told = here.told();
    CHECK(std::ranges::find(told, "firing tasks") == told.end());
    here.tasks.start();
    eventually([&] { return !here.silenced(); }, "the service is well, the silence is over", 60s);
  }
  SECTION("somebody says so") {
    here.enter("2h", "it takes longer");
    eventually([&] { return here.silence_ends() > planned + 1h; }, "the silence lasts longer", 60s);
    CHECK_THAT(here.silence().at("comment").get<std::string>(), Catch::StartsWith("it takes longer"));
  }
  CHECK(here.silence().at("id") == id);
}
