#include "agent/alerts/assess.hpp"

#include <catch2/catch.hpp>

#include "tests/agent/support.hpp"

namespace nines::agent {

TEST_CASE("a budget burns when both windows of a pair do") {
  using Rate = std::optional<double>;
  const Rate none{};
  struct Row {
    const char* what;
    std::vector<Rate> rates;  // 5m 30m 1h 2h 6h 1d 3d
    std::string_view now;
    std::optional<std::string_view> severity;
  };
  const std::vector<Row> rows{
      {"nothing burns", {0, 0, 0, 0, 0, 0, 0}, "", ""},
      {"at the limits nothing burns", {14.4, 6, 14.4, 3, 1, 3, 1}, "", ""},
      {"14.4 over 1h and 5m", {15, 0, 15, 0, 0, 0, 0}, "", "critical"},
      {"over 1h alone: it is over", {0, 0, 15, 0, 0, 0, 0}, "critical", ""},
      {"over 5m alone: too short", {15, 0, 1, 0, 0, 0, 0}, "", ""},
      {"6 over 6h and 30m", {0, 7, 0, 0, 7, 0, 0}, "", "critical"},
      {"3 over 1d and 2h", {0, 0, 0, 4, 0, 4, 0}, "", "warning"},
      {"1 over 3d and 6h", {0, 0, 0, 0, 1.1, 0, 1.1}, "", "warning"},
      {"critical before warning", {15, 0, 15, 4, 0, 4, 0}, "warning", "critical"},
      {"nothing is known", {none, none, none, none, none, none, none}, "", std::nullopt},
      {"nothing is known of what fires", {none, none, none, none, none, none, none}, "critical", std::nullopt},
      {"a pair is known enough to be false", {0, none, none, 0, 0, none, 0}, "critical", ""},
      {"what would decide is not known", {none, 0, 15, 0, 0, 0, 0}, "critical", std::nullopt},
      {"what would raise is not known", {none, 0, 15, 0, 0, 0, 0}, "", ""},
      {"a warning burns while critical is not known", {none, 0, 15, 4, 0, 4, 0}, "critical", std::nullopt},
      {"a warning is raised though critical is not known", {none, 0, 15, 4, 0, 4, 0}, "", "warning"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(burn_severity(row.rates, row.now) == row.severity);
  }
}

namespace {
constexpr const char* kCheck = "\nchecks: [{name: api, service: api, target: 'http://127.0.0.1/'}]\n";
}

TEST_CASE("the agent's pages are where the configuration says, or where it listens") {
  struct Row {
    const char* yaml;
    const char* url;
  };
  for (const Row& row :
       std::vector<Row>{{"listen: 127.0.0.1:9990", "http://127.0.0.1:9990"},
                        {"listen: 127.0.0.1:0", ""},
                        {"listen: '[::1]:9990'", "http://[::1]:9990"},
                        {"alerting: {external_url: 'https://nines.example/x/'}", "https://nines.example/x"}}) {
    CHECK(external_url_of(*tests::config_of(std::string(row.yaml) + kCheck)) == row.url);
  }
  CHECK_THAT(external_url_of(*tests::config_of(std::string("listen: 0.0.0.0:9990") + kCheck)),
             !Catch::Contains("0.0.0.0"));
}

TEST_CASE("an objective is told while its budget burns and while it is missed so far, but not in maintenance") {
  const char* const yaml = R"(
services: [{name: api, priority: P1}]
checks: [{name: gateway, service: api, target: 'http://127.0.0.1/'}]
objectives: [{name: uptime, service: api, indicator: uptime, target: '99.9%', critical: '< 99%'}]
alerting: {external_url: 'https://nines.example'}
)";
  const tests::MonitorFixture f(yaml);
  const auto config = f.config;
  ObjectiveView view;
  view.evaluation.objective = &config->objectives.front();
  view.evaluation.period.label = "2026-10";
  view.evaluation.uptime.emplace();
  view.evaluation.uptime->net.up = Micros(9990);
  view.evaluation.uptime->net.down = Micros(15);
  view.burn_rates.assign(kBurnWindows.size(), 0.0);

  const std::map<std::string, Flapping, std::less<>> flapping;
  const std::map<std::pair<std::string, std::string>, sla::Health> components;
  auto checks = f.monitor.checks();
  const auto assessed = [&](std::vector<ObjectiveView> objectives) {
    Facts facts{.now = tests::at(0),
                .checks = checks,
                .objectives = objectives,
                .flapping = &flapping,
                .components = &components,
                .regions = nullptr,
                .own = {}};
    return assess(*config, facts, [](const std::string&) { return std::string(); });
  };
  const auto identities = [](const Assessment& assessment) {
    std::set<std::string> all;
    for (const Condition& condition : assessment.wrong) all.insert(condition.identity);
    return all;
  };
  CHECK(assessed({}).undecided.contains("burn/uptime"));
  CHECK(assessed({}).undecided.contains("objective/uptime"));
  CHECK(identities(assessed({view})).empty());
  CHECK_FALSE(assessed({view}).undecided.contains("burn/uptime"));

  view.evaluation.level = sla::Level::warning;
  const auto missed = assessed({view});
  REQUIRE(identities(missed) == std::set<std::string>{"objective/uptime"});
  CHECK(value_of(missed.wrong[0].annotations, "description") ==
        "Target 99.9% over 2026-10; so far 99.850%, critical at < 99%.");
  CHECK(value_of(missed.wrong[0].labels, "priority") == "P1");
  CHECK(missed.wrong[0].url == "https://nines.example/objectives/uptime");

  view.burn_rates[0] = view.burn_rates[2] = 20.0;
  const auto burning = assessed({view});
  REQUIRE(identities(burning) == std::set<std::string>{"burn/uptime", "objective/uptime"});
  CHECK(value_of(burning.wrong[0].labels, "alertname") == "ObjectiveBurning");
  CHECK(value_of(burning.wrong[0].labels, "severity") == "critical");
  CHECK(value_of(burning.wrong[0].annotations, "description") ==
        "Target 99.9%. Burn rates (1 spends exactly the budget): 5m 20, 30m 0, 1h 20, 2h 0, 6h 0, 1d 0, 3d 0.");

  for (CheckView& check : checks) check.shown = reports::Shown::maintenance;
  const auto quiet = assessed({view});
  CHECK(identities(quiet).empty());
  CHECK(quiet.undecided.contains("burn/uptime"));
  CHECK(quiet.undecided.contains("objective/uptime"));
}

}  // namespace nines::agent
