// One failure on its whole way, through what `nines generate` writes: an agent, Prometheus with the generated rules, an
// Alertmanager with the generated routes as they are, and whoever it tells.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/alertmanager.hpp"
#include "tests/harness/prometheus.hpp"
#include "tests/harness/sink.hpp"
#include "tests/harness/taskapp.hpp"
#include "tests/harness/tools.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;
using namespace std::chrono_literals;

namespace {

constexpr const char* kConfiguration = R"(
region: us-east-1
services:
  - {name: tasks, priority: P1, runbook_url: 'https://wiki.example/tasks'}
  - {name: other, priority: P1}
defaults: {interval: 200ms, timeout: 200ms, thresholds: {critical: 1000}}
checks:
  - {name: health, service: tasks, target: '${TASKS}/health'}
  - {name: other, service: other, target: '${OTHER}/health'}
alerting:
  alertmanagers: ['${ALERTMANAGER}']
  group_wait: 1s
  group_interval: 1s
)";

// What the receivers were told of a check, oldest first: "nines-p1 firing critical".
std::vector<std::string> told(const Sink& sink, const std::string& check) {
  std::vector<std::string> all;
  for (const Sink::Taken& taken : sink.taken()) {
    const Json message = Json::parse(taken.body);
    for (const Json& alert : message.at("alerts")) {
      const Json& labels = alert.at("labels");
      if (labels.value("check", "") != check) continue;
      all.push_back(fmt::format("{} {} {}", message.at("receiver").get<std::string>(),
                                alert.at("status").get<std::string>(), labels.at("severity").get<std::string>()));
    }
  }
  return all;
}

void await_told(const Sink& sink, const std::string& check, const std::string& what) {
  eventually(
      [&] {
        const auto all = told(sink, check);
        return std::ranges::find(all, what) != all.end();
      },
      fmt::format("it is told of {}: {}", check, what), 120s);
}

Json alert_at(const Alertmanager& alertmanager, const std::string& check) {
  for (const Json& one : Json::parse(get(alertmanager.url("/api/v2/alerts")).body)) {
    if (one.at("labels").value("check", "") == check) return one;
  }
  return {};
}

void check_passes(std::vector<std::string> command, const std::filesystem::path& directory) {
  command.front() = tool(command.front());
  const Finished finished = run(command, {.environment = {}, .directory = directory}, 2min);
  INFO(finished.output << finished.errors);
  CHECK(finished.status == 0);
}

}  // namespace

TEST_CASE("a failure goes its whole way: silenced by a gate, a warning, critical, over") {
  TaskApp tasks;
  TaskApp other;
  const Sink hook;

  // What is generated, as it is.
  const TempDir generated;
  const std::string config = generated.write("nines.yml", kConfiguration).string();
  const ProcessOptions any{
      .environment = {{"TASKS", tasks.url()}, {"OTHER", other.url()}, {"ALERTMANAGER", "http://127.0.0.1:9093"}},
      .directory = generated.path()};
  REQUIRE(run_nines(
              {"generate", "alertmanager", "-c", config, "--webhook", hook.url("/hook"), "-o", "alertmanager.yml"}, any)
              .status == 0);
  REQUIRE(run_nines({"generate", "prometheus-rules", "-c", config, "-o", "./"}, any).status == 0);
  check_passes({"amtool", "check-config", "alertmanager.yml"}, generated.path());
  check_passes({"promtool", "check", "rules", "nines-rules.yml", "nines-baseline-rules.yml"}, generated.path());
  check_passes({"promtool", "test", "rules", "nines-rules-test.yml", "nines-baseline-rules-test.yml"},
               generated.path());

  const Alertmanager alertmanager(read_file(generated.path() / "alertmanager.yml"));
  Agent agent(kConfiguration, {{"TASKS", tasks.url()}, {"OTHER", other.url()}, {"ALERTMANAGER", alertmanager.url()}});
  const Prometheus prometheus({{"nines", agent.address()}}, 200ms,
                              {.rule_files = {(generated.path() / "nines-rules.yml").string()}, .alertmanager = {}});
  const auto fires = [&](const char* severity) {
    return prometheus
        .query(fmt::format(R"(count(ALERTS{{alertname="NinesCheckFailing",check="health",severity="{}",)"
                           R"(priority="P1",alertstate="firing"}}))",
                           severity))
        .has_value();
  };
  agent.await_state("health", "up");
  agent.await_state("other", "up");

  // A gate's baseline silences its service, and no other.
  const Finished baseline =
      run_nines({"gate", "baseline", "--agent", agent.url(), "--deployment", "v2", "--service", "tasks"});
  CAPTURE(baseline.output, baseline.errors);
  REQUIRE(baseline.status == 0);
  tasks.stop();
  eventually(
      [&] {
        const Json alert = alert_at(alertmanager, "health");
        return !alert.is_null() && alert.at("status").at("state") == "suppressed";
      },
      "the alert is silenced", 60s);
  eventually([&] { return fires("warning"); }, "the generated rules see a warning", 60s);
  // The other's comes later and waits as long: when it is told, the first would have been.
  other.stop();
  await_told(hook, "other", "nines-p2 firing warning");
  CHECK(told(hook, "health").empty());

  // The verdict ends the silence. A warning goes one priority lower.
  const Finished verdict = run_nines({"gate", "verify", "--agent", agent.url(), "--deployment", "v2"});
  CAPTURE(verdict.output, verdict.errors);
  CHECK(verdict.status == 1);
  CHECK_THAT(verdict.output, Catch::Contains("gate of v2: roll back"));
  await_told(hook, "health", "nines-p2 firing warning");

  std::string text = read_file(agent.config());
  std::ofstream(agent.config(), std::ios::trunc)
      << text.replace(text.find("critical: 1000"), std::string("critical: 1000").size(), "critical: 5");
  agent.process().signal(SIGHUP);
  await_told(hook, "health", "nines-p1 firing critical");
  eventually([&] { return fires("critical"); }, "the generated rules see a critical alert", 60s);
  CHECK(alert_at(alertmanager, "health").at("annotations").at("runbook_url") == "https://wiki.example/tasks");

  tasks.start();
  other.start();
  await_told(hook, "health", "nines-p1 resolved critical");
  eventually([&] { return alert_at(alertmanager, "health").is_null(); }, "Alertmanager has the alert no more", 120s);
  eventually([&] { return !fires("critical") && !fires("warning"); }, "the generated rules see that it is over", 60s);
  for (const std::string& one : told(hook, "health")) {
    CAPTURE(one);
    CHECK(one.starts_with(one.ends_with("critical") ? "nines-p1 " : "nines-p2 "));
  }
}
