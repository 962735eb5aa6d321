// kill -9 in the middle of a run: what is lost, and where the next start goes on.

#include <algorithm>
#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/time.hpp"
#include "tests/e2e/support.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;
using namespace std::chrono_literals;

namespace {

Time time_of(const Json& text) {
  return parse_time(text.get<std::string>()).value();
}

void kill_now(Agent& agent) {
  agent.process().signal(SIGKILL);
  REQUIRE(agent.process().wait() == 128 + SIGKILL);
}

// How many runs of each check had ended at a moment, by the agent's log.
std::map<std::string, std::size_t> ended_by(const Agent& agent, Time moment) {
  std::map<std::string, std::size_t> counts;
  for (const Json& line : agent.log()) {
    if (line.at("message") != "run finished" || time_of(line.at("timestamp")) >= moment) continue;
    ++counts[line.at("details").at("check").get<std::string>()];
  }
  return counts;
}

// How many requests of each check the service had answered at a moment, by its journal.
std::map<std::string, std::size_t> answered_by(const Json& journal, Time moment) {
  std::map<std::string, std::size_t> counts;
  for (const Json& entry : journal.at("last")) {
    if (time_of(entry.at("time")) < moment) ++counts[entry.at("headers").at("x-check").get<std::string>()];
  }
  return counts;
}

std::size_t failures_at_end(const std::vector<Json>& lines) {
  const auto last_success =
      std::find_if(lines.rbegin(), lines.rend(), [](const Json& line) { return line.at("success") == true; });
  return static_cast<std::size_t>(last_success - lines.rbegin());
}

}  // namespace

TEST_CASE("kill -9 loses no result that ended more than a second before") {
  const TaskApp app;
  std::string configuration = "region: us-east-1\nchecks:\n";
  for (int i = 1; i <= 5; ++i) {
    configuration += fmt::format(
        "  - {{name: check-{0}, service: tasks, target: '{1}/health', interval: {2}ms, timeout: {2}ms,"
        " http: {{headers: {{X-Check: check-{0}}}}}}}\n",
        i, app.url(), 40 + 15 * i);
  }
  Agent agent(configuration);
  eventually([&] { return app.answered("GET", "/health", 200) >= 240; }, "the service has answered 240 times");
  const Time killed = system_clock().now();
  kill_now(agent);

  std::set<std::pair<std::string, std::string>> keys;
  std::map<std::string, std::size_t> kept;
  for (const Json& line : agent.exported()) {
    CHECK(keys.emplace(line.at("check"), line.at("time")).second);
    CHECK(line.at("success") == true);
    ++kept[line.at("check").get<std::string>()];
  }
  const Json journal = Json::parse(app.requests());
  const auto ended = ended_by(agent, killed - 1s);
  // Answered is not yet ended: the agent has a second to notice.
  const auto answered = answered_by(journal, killed - 2s);
  const auto asked = answered_by(journal, Time::max());
  REQUIRE(ended.size() == 5);
  REQUIRE(asked.size() == 5);
  for (const auto& [check, count] : asked) {
    INFO(check);
    CHECK(kept[check] <= count);
    CHECK(kept[check] >= ended.at(check));
    CHECK(kept[check] >= answered.at(check));
  }

  // The store opens again, and nothing of it is lost or twice there afterwards.
  const auto before = agent.exported();
  agent.start();
  eventually([&] { return agent.metric("nines_store_writes_total", {R"(result="success")"}).value() > 0; },
             "results are stored again");
  agent.process().signal(SIGTERM);
  REQUIRE(agent.process().wait() == 0);
  const auto after = agent.exported();
  CHECK(after.size() > before.size());
  CHECK(std::ranges::all_of(before, [&](const Json& line) { return std::ranges::find(after, line) != after.end(); }));
}

TEST_CASE("the start after a kill -9 goes on counting failures, and keeps states") {
  TaskApp app;
  Agent agent(fmt::format(R"(
region: us-east-1
checks:
  - {{name: slow, service: tasks, target: '{0}/health', interval: 1s, timeout: 1s}}
  - {{name: fast, service: tasks, target: '{0}/health', interval: 200ms, timeout: 200ms, thresholds: {{warning: 3, critical: 1000}}}}
)",
                          app.url()));
  agent.await_state("slow", "up");
  agent.await_state("fast", "up");
  app.stop();
  agent.await_state("fast", "warning");
  const auto failures = [&](const char* check) {
    return agent.metric("nines_check_consecutive_failures", {fmt::format("check=\"{}\"", check)}).value();
  };
  eventually([&] { return failures("slow") >= 1; }, "the slow check fails");
  const double seen = agent.metric("nines_check_results_total").value();
  eventually([&] { return agent.metric("nines_store_writes_total", {R"(result="success")"}).value() >= seen; },
             "those results are durable");
  kill_now(agent);
  const std::size_t slow = failures_at_end(agent.exported("slow"));
  const std::size_t fast = failures_at_end(agent.exported("fast"));
  REQUIRE(slow >= 1);
  REQUIRE(fast >= 3);

  agent.start();
  // Not from zero: as many failures as are stored, and one.
  eventually([&] { return !agent.told("run finished").empty(); }, "a check has run again");
  agent.await_state("slow", "critical");
  for (const Json& change : agent.told("state changed")) {
    INFO(change.dump());
    CHECK(change.at("check") == "slow");  // the other one was in warning, and still is
    CHECK(change.at("from") == (change.at("to") == "warning" ? "up" : "warning"));
    CHECK(change.at("consecutive_failures") == (change.at("to") == "warning" ? 3 : 5));
  }
  const std::size_t runs = agent.told("run finished").size();
  CHECK(failures("slow") + failures("fast") >= static_cast<double>(slow + fast + runs));
  CHECK(failures("fast") > static_cast<double>(fast));
  agent.process().signal(SIGTERM);
  REQUIRE(agent.process().wait() == 0);
  CHECK(failures_at_end(agent.exported("slow")) >= 5);
}
