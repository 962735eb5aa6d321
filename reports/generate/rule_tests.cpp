#include "reports/generate/rule_tests.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "reports/generate/alerts.hpp"
#include "reports/generate/objectives.hpp"
#include "reports/generate/unit_test.hpp"

namespace nines::reports::generate {
namespace {

// So many minutes of one value, or of one state; a sample a minute.
struct Stretch {
  std::string_view value;
  int minutes;
};
using Stretches = std::vector<Stretch>;

std::string values_of(const Stretches& stretches) {
  std::string out;
  for (const Stretch& stretch : stretches) {
    out += fmt::format("{}{}+0x{}", out.empty() ? "" : " ", stretch.value, stretch.minutes - 1);
  }
  return out;
}

Pairs of_check(const Named& named) {
  return {{"check", named.check}, {"service", named.service}, {"region", named.region}};
}

Pairs joined(Pairs first, const Pairs& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

void add_states(UnitTest& test, const Named& named, const Stretches& states) {
  for (const char* state : {"up", "warning", "critical", "unknown", "maintenance", "suppressed"}) {
    Stretches values;
    for (const Stretch& stretch : states) values.push_back({stretch.value == state ? "1" : "0", stretch.minutes});
    test.series.push_back(
        {series_text("nines_check_state", joined(of_check(named), {{"state", state}})), values_of(values)});
  }
}

void add(UnitTest& test, const char* metric, const Pairs& labels, const Stretches& values) {
  test.series.push_back({series_text(metric, labels), values_of(values)});
}

void add_agent(UnitTest& test, const std::string& region, int minutes) {
  add(test, "nines_build_info", {{"version", "1"}, {"region", region}}, {{"1", minutes}});
}

// Says what an alert of a check has: `named`'s labels and the service's, and the sentences.
struct Failing {
  const config::Service& service;
  Named named;

  ExpectedAlerts::Alert alert(const char* severity, const char* failures, const std::string& reason,
                              const std::string& seen) const {
    return {
        joined({{"check", named.check}, {"region", named.region}}, alert_labels(severity, service.priority, service)),
        with_runbook(failing_annotations(named, severity, failures, reason, seen), service.runbook_url)};
  }
  std::vector<ExpectedAlerts::Alert> both(const char* failures, const std::string& reason,
                                          const std::string& seen) const {
    return {alert("warning", failures, reason, seen), alert("critical", failures, reason, seen)};
  }
};

UnitTest states_test(const config::Config& config, const Failing& failing) {
  const Named& named = failing.named;
  UnitTest test;
  test.name = named.check + ": failures raise a warning, then critical; unknown resolves neither";
  add_agent(test, named.region, 25);
  add_states(test, named, {{"up", 5}, {"warning", 5}, {"critical", 5}, {"unknown", 5}, {"up", 5}});
  add(test, "nines_check_down", of_check(named), {{"0", 5}, {"1", 10}, {"0", 10}});
  add(test, "nines_check_consecutive_failures", of_check(named), {{"0", 5}, {"3", 5}, {"5", 10}, {"0", 5}});
  add(test, "probe_failure_info", joined(of_check(named), {{"reason", "http_status"}}), {{"1", 25}});
  const std::string reason = " (http_status)";
  const std::string seen = config.regions.size() < 2 ? std::string() : seen_by("1", config.regions.size());
  test.alerts = {{"4m", kCheckFailing, {}},
                 {"7m", kCheckFailing, {failing.alert("warning", "3", reason, seen)}},
                 {"12m", kCheckFailing, failing.both("5", reason, seen)},
                 {"17m", kCheckFailing, failing.both("5", reason, "")},
                 {"22m", kCheckFailing, {}}};
  return test;
}

UnitTest overlays_test(const Failing& failing) {
  const Named& named = failing.named;
  UnitTest test;
  test.name = named.check + ": maintenance resolves, an agent that is gone does not";
  add_agent(test, named.region, 15);
  add_states(test, named, {{"critical", 5}, {"maintenance", 5}, {"critical", 5}});
  for (InputSeries& gone : test.series) gone.values += " stale";
  add(test, "nines_check_consecutive_failures", of_check(named), {{"7", 30}});
  test.alerts = {{"3m", kCheckFailing, failing.both("7", "", "")},
                 {"8m", kCheckFailing, {}},
                 {"25m", kCheckFailing, failing.both("7", "", "")}};
  return test;
}

UnitTest quorum_test(const config::Config& config, const Failing& failing) {
  const std::size_t regions = config.regions.size();
  const std::size_t majority = regions / 2 + 1;
  UnitTest test;
  test.name = fmt::format("{}: down in {} of {} regions is down, in {} is not", failing.named.check, majority, regions,
                          majority - 1);
  Named named = failing.named;
  for (std::size_t i = 0; i < regions; ++i) {
    named.region = config.regions[i];
    add_agent(test, named.region, 20);
    add_states(test, named, {{"up", 20}});
    const char* first = i + 1 < majority ? "1" : "0";
    add(test, "nines_check_down", of_check(named), {{first, 10}, {i < majority ? "1" : "0", 10}});
  }
  named.region.clear();
  const ExpectedAlerts::Alert down{
      joined({{"check", named.check}}, alert_labels("critical", failing.service.priority, failing.service)),
      with_runbook(quorum_annotations(named, std::to_string(majority), std::to_string(regions)),
                   failing.service.runbook_url)};
  test.alerts = {{"8m", kCheckDownInQuorum, {}}, {"15m", kCheckDownInQuorum, {down}}};
  test.samples = {
      {"15m",
       "nines:check_regions_known:count",
       {{series_text("nines:check_regions_known:count", {{"check", named.check}, {"service", named.service}}),
         std::to_string(regions)}}}};
  return test;
}

// Ten minutes each of a rate under all factors, and between each two of them; then only the long windows burn.
UnitTest burn_test(const config::Config& config, const config::Objective& objective) {
  UnitTest test;
  test.name = objective.name + ": two windows at once burn the budget";
  const Pairs labels{{"objective", objective.name}, {"service", objective.service}, {"region", config.region}};
  for (const BurnPair& pair : kBurnPairs) {
    for (const bool is_long : {true, false}) {
      // 1h to 6h are of two pairs each or of one; a series is there once.
      const char* window = is_long ? pair.long_window : pair.short_window;
      const std::string name = series_text("nines_objective_burn_rate", joined(labels, {{"burn_window", window}}));
      const bool known = std::ranges::any_of(test.series, [&](const auto& one) { return one.series == name; });
      const bool ends = std::string_view(window) == "5m" || std::string_view(window) == "30m" ||
                        std::string_view(window) == "2h" || std::string_view(window) == "6h";
      if (known) continue;
      test.series.push_back(
          {name, values_of({{"0.5", 10}, {"2", 10}, {"4", 10}, {"10", 10}, {"20", 10}, {ends ? "0.5" : "20", 10}})});
    }
  }
  add(test, "nines_objective_error_budget_remaining_ratio", labels, {{"0.5", 60}});

  const Named named{{}, {}, config.region, objective.name};
  const auto firing = [&](const char* at, const char* rate, std::size_t from) {
    ExpectedAlerts expected{at, kObjectiveBurn, {}};
    for (const BurnPair& pair : std::span(kBurnPairs).subspan(from)) {
      expected.alerts.push_back(
          {joined({{"region", config.region}}, burn_labels(config, objective, pair)),
           with_runbook(burn_annotations(named, pair, objective.target.text, window_text(objective.window), rate,
                                         "50% of it is left"),
                        service_of(config, objective.service).runbook_url)});
    }
    return expected;
  };
  test.alerts = {firing("5m", "", 4),      firing("15m", "2.0", 3),  firing("25m", "4.0", 2),
                 firing("35m", "10.0", 1), firing("45m", "20.0", 0), firing("55m", "", 4)};
  return test;
}

UnitTest absent_test(const config::Config& config) {
  UnitTest test;
  test.name = "an agent that is gone for five minutes is told, of each region";
  ExpectedAlerts gone{"20m", kAgentAbsent, {}};
  for (const std::string& region : reporting_regions(config)) {
    add_agent(test, region, 10);
    test.series.back().values += " stale";
    Named named;
    named.region = region;
    gone.alerts.push_back(
        {{{"region", region}, {"severity", "critical"}, {"priority", most_urgent(config, {})}, {"service", "nines"}},
         absent_annotations(named)});
  }
  test.alerts = {{"9m", kAgentAbsent, {}}, {"13m", kAgentAbsent, {}}, gone};
  return test;
}

// 1 of 6 runs a second fails in one region, none of 2 in another: 1 of 8, and not the mean of 1/6 and 0. Rates are
// whole numbers, since promtool adds in any order and compares to the last bit.
UnitTest ratio_test() {
  UnitTest test;
  test.name = "a service's ratio is of sums over its regions";
  const auto counts = [&](const char* region, const char* result, const char* values) {
    test.series.push_back({series_text("nines_check_results_total",
                                       {{"check", "a"}, {"service", "s"}, {"region", region}, {"result", result}}),
                           values});
  };
  counts("busy", "failure", "0+60x10");
  counts("busy", "success", "0+300x10");
  counts("quiet", "failure", "0+0x10");
  counts("quiet", "success", "0+120x10");
  test.samples = {
      {"10m",
       "nines:service_failures:ratio_rate5m",
       {{series_text("nines:service_failures:ratio_rate5m", {{"service", "s"}}), "0.125"}}},
      {"10m",
       "nines:check_failures:ratio_rate5m{region=\"quiet\"}",
       {{series_text("nines:check_failures:ratio_rate5m", {{"check", "a"}, {"region", "quiet"}, {"service", "s"}}),
         "0"}}}};
  return test;
}

// An agent that loses results, is late and could not read its configuration again; another to which none of it happens.
UnitTest agents_test() {
  UnitTest test;
  test.name = "an agent in trouble is told with its region";
  for (const bool troubled : {true, false}) {
    const Pairs agent{{"job", "nines"}, {"instance", troubled ? "troubled" : "well"}};
    const auto series = [&](const char* metric, const Pairs& more, const char* bad, const char* good) {
      test.series.push_back({series_text(metric, joined(agent, more)), troubled ? bad : good});
    };
    series("nines_build_info", {{"version", "1"}, {"region", troubled ? "here" : "there"}}, "1+0x40", "1+0x40");
    series("nines_store_writes_total", {{"result", "failure"}}, "0+3x40", "0+0x40");
    series("nines_config_last_reload_successful", {}, "0+0x40", "1+0x40");
    series("nines_scheduler_lateness_seconds_bucket", {{"le", "1"}}, "0+0x40", "0+60x40");
    series("nines_scheduler_lateness_seconds_bucket", {{"le", "+Inf"}}, "0+60x40", "0+60x40");
    series("nines_scheduler_lateness_seconds_bucket", {{"le", "5"}}, "0+60x40", "0+60x40");
  }
  test.samples = {{"30m",
                   "count by (alertname, region) (ALERTS{alertstate=\"firing\",instance=~\"troubled|well\"})",
                   {{"{alertname=\"NinesReloadFailed\",region=\"here\"}", "1"},
                    {"{alertname=\"NinesScheduleLate\",region=\"here\"}", "1"},
                    {"{alertname=\"NinesStoreFailing\",region=\"here\"}", "1"}}}};
  return test;
}

std::string every_alert_is_tried(const config::Config& config, const std::string& rules) {
  std::vector<UnitTest> tests;
  std::vector<std::string> services;
  for (const config::Schedule* schedule : config.schedules()) {
    if (std::ranges::find(services, schedule->service) != services.end()) continue;
    services.push_back(schedule->service);
    const Failing failing{service_of(config, schedule->service),
                          {schedule->name, schedule->service, config.region, {}}};
    tests.push_back(states_test(config, failing));
    tests.push_back(overlays_test(failing));
    if (config.regions.size() > 1) tests.push_back(quorum_test(config, failing));
  }
  for (const config::Objective& objective : config.objectives) tests.push_back(burn_test(config, objective));
  tests.push_back(absent_test(config));
  tests.push_back(agents_test());
  tests.push_back(ratio_test());
  return tests_text(tests, rules, "1m");
}

}  // namespace

std::string rule_tests(const config::Config& config, const std::string& rules) {
  return every_alert_is_tried(config, rules);
}

// Promtool's time begins on Thursday, 1970-01-01: 337 hours on, it is the hour 97 of the week. In the first week 1 of 2
// runs a second fails, in the second none of 6: 1 of 8. Half of the durations are under 0.1 s.
std::string baseline_tests(const config::Config& /*config*/, const std::string& rules) {
  UnitTest test;
  test.name = "the baseline is of the same hour in the weeks before, put together";
  test.interval = "30m";
  const Pairs labels{{"check", "a"}, {"service", "s"}, {"region", "r"}};
  const auto counts = [&](const char* metric, const Pairs& more, const char* values) {
    test.series.push_back({series_text(metric, joined(labels, more)), values});
  };
  counts("nines_check_results_total", {{"result", "failure"}}, "0+1800x336 604800+0x400");
  counts("nines_check_results_total", {{"result", "success"}}, "0+1800x336 615600+10800x400");
  counts("nines_check_duration_seconds_bucket", {{"le", "0.1"}}, "0+1800x740");
  counts("nines_check_duration_seconds_bucket", {{"le", "0.5"}}, "0+3600x740");
  counts("nines_check_duration_seconds_bucket", {{"le", "+Inf"}}, "0+3600x740");
  const auto sample = [&](const char* metric, const char* value) {
    Pairs found = labels;
    found.emplace_back("hour_of_week", "97");
    return ExpectedSamples{"337h", metric, {{series_text(metric, found), value}}};
  };
  test.samples = {{"100h", "nines:check_failures:ratio_baseline", {}},
                  sample("nines:check_failures:ratio_baseline", "0.125"),
                  sample("nines:check_duration_seconds:p50_baseline", "0.1")};
  return tests_text({test}, rules, "30m");
}

}  // namespace nines::reports::generate
