// What is wrong now, and can the agents be relied on?

#include <algorithm>

#include <fmt/format.h>

#include "reports/generate/dashboards.hpp"

namespace nines::reports::generate {
namespace {

Panel state_count(const char* title, const char* state, Scale scale) {
  return {.kind = PanelKind::stat,
          .title = title,
          .description = "Checks and journeys in that state now, each region counted.",
          .unit = "short",
          .width = 4,
          .height = 4,
          .scale = scale,
          .queries = {{fmt::format("sum(max by (check, service, region) (nines_check_state{{{},state=\"{}\"}}))",
                                   kOfService, state),
                       ""}},
          .decimals = 0};
}

Panel failing() {
  return {.kind = PanelKind::table,
          .title = "Failing now",
          .description = "Whatever its last run failed, from the first failure on.",
          .width = 24,
          .height = 7,
          .queries = {{fmt::format("max by (check, service, region) (nines_check_consecutive_failures{{{}}}) > 0",
                                   kOfService),
                       ""},
                      {fmt::format("time() - max by (check, service, region) "
                                   "(nines_check_last_result_timestamp_seconds{{{}}})\n"
                                   "and on (check, service, region) nines_check_consecutive_failures > 0",
                                   kOfService),
                       ""}},
          .columns = {"failures in a row", "last run"},
          .value_column_units = "short,s"};
}

Panel agents() {
  return {
      .kind = PanelKind::table,
      .title = "Agents",
      .width = 12,
      .height = 7,
      .queries = {{"max by (instance, region, version) (nines_build_info{region=~\"$region\"})", ""},
                  {"time() - max by (instance) (process_start_time_seconds) and on (instance) nines_build_info", ""},
                  {"max by (instance) (nines_store_size_bytes)", ""},
                  {"max by (instance) (nines_results_queued)", ""}},
      .columns = {"reports", "runs since", "store", "results that wait"},
      .value_column_units = "short,s,bytes,short"};
}

}  // namespace

Dashboard operations_dashboard(const config::Config& config) {
  Dashboard dashboard{.uid = "nines-operations",
                      .title = "Nines / Operations",
                      .description = "What is wrong now, and can the agents be relied on?",
                      .variables = {service_variable(true), region_variable()},
                      .panels = {}};
  auto& panels = dashboard.panels;
  panels = {state_count("Up", "up", Scale::good_above_zero),
            state_count("Warning", "warning", Scale::bad_above_zero),
            state_count("Critical", "critical", Scale::bad_above_zero),
            state_count("Unknown", "unknown", Scale::none),
            state_count("Maintenance", "maintenance", Scale::none),
            state_count("Suppressed", "suppressed", Scale::none),
            failing(),
            {.kind = PanelKind::states,
             .title = "Health of every check",
             .width = 24,
             .height = 12,
             .scale = Scale::states,
             .queries = {{state_number(kOfService), "{{check}} {{region}}"}}},
            {.kind = PanelKind::lines,
             .title = "Failed runs",
             .description = "Of all runs in five minutes.",
             .unit = "percentunit",
             .queries = {{recorded_or(kFailureRatio, kOfService), "{{check}} {{region}}"}}},
            {.kind = PanelKind::areas,
             .title = "Runs",
             .description = "All checks and journeys.",
             .unit = "ops",
             .queries = {{"sum by (result) (\n" + recorded_or(kRunRate, kOfService) + "\n)", "{{result}}"}}},
            {.kind = PanelKind::lines,
             .title = "Lateness",
             .description = "One run in a hundred starts so late after its turn, or later.",
             .unit = "s",
             .queries = {{recorded_or(kLateness, {}), "{{instance}}"}}},
            {.kind = PanelKind::lines,
             .title = "Turns skipped",
             .description = "The run before was still going on.",
             .unit = "short",
             .queries = {{fmt::format("sum by (check, region) (increase(nines_scheduler_skipped_total{{{}}}[5m]))",
                                      kOfService),
                          "{{check}} {{region}}"}}},
            agents(),
            {.kind = PanelKind::areas,
             .title = "Results stored",
             .unit = "ops",
             .height = 7,
             .queries = {{"sum by (result) (rate(nines_store_writes_total[5m]))", "{{result}}"}}}};
  const bool components =
      std::ranges::any_of(config.checks, [](const auto& one) { return !one.components.text.empty(); });
  if (components) {
    panels.push_back(
        {.kind = PanelKind::states,
         .title = "Components",
         .description = "As the targets' own answers tell.",
         .width = 24,
         .scale = Scale::up_down,
         .queries = {{fmt::format("max by (check, component, region) (nines_component_up{{{}}})", kOfService),
                      "{{check}}: {{component}} {{region}}"}}});
  }
  return dashboard;
}

}  // namespace nines::reports::generate
