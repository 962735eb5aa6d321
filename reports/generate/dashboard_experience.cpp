// What a user meets: do journeys reach their end, and where does the time go?

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reports/generate/dashboards.hpp"

namespace nines::reports::generate {
namespace {

void add_journeys(std::vector<Panel>& panels, const config::Config& config) {
  const std::string journeys = "check=~\"$journey\",region=~\"$region\"";
  panels.push_back(
      {.kind = PanelKind::bars,
       .title = "Journeys that reach their end",
       .description = "Of all runs in an hour, all regions in one.",
       .unit = "percentunit",
       .queries = {{fmt::format("sum by (check) (increase(nines_check_results_total{{{0},result=\"success\"}}[1h]))\n"
                                "/\n"
                                "sum by (check) (increase(nines_check_results_total{{{0}}}[1h]))",
                                journeys),
                    "{{check}}"}},
       .decimals = 2});
  panels.push_back({.kind = PanelKind::states,
                    .title = "Health of journeys",
                    .scale = Scale::states,
                    .queries = {{state_number(journeys), "{{check}} {{region}}"}}});
  panels.push_back({.kind = PanelKind::lines,
                    .title = "p95 of steps",
                    .description = "Of successful steps.",
                    .unit = "s",
                    .queries = {{recorded_or(kStepP95, "journey=~\"$journey\""), "{{journey}}: {{step}}"}}});
  panels.push_back(
      {.kind = PanelKind::bars,
       .title = "Runs by the step that failed",
       .description = "Since the agents started; without a step: runs that reached their end.",
       .unit = "short",
       .queries = {{fmt::format("sum by (check, failed_step) (nines_journey_completions_total{{{}}})", journeys),
                    "{{check}}: {{failed_step}}"}},
       .decimals = 0});
  std::set<std::string> metrics;
  for (const config::Journey& journey : config.journeys) {
    if (journey.metric.empty() || !metrics.insert(journey.metric).second) continue;
    panels.push_back(
        {.kind = PanelKind::lines,
         .title = journey.metric,
         .description = "Measured time of successful journeys: half of them, and 95 %, are faster.",
         .unit = "s",
         .width = 24,
         .queries = {
             {fmt::format("histogram_quantile(0.5, sum by (service, le) (rate({}_bucket[5m])))", journey.metric),
              "p50 {{service}}"},
             {fmt::format("histogram_quantile(0.95, sum by (service, le) (rate({}_bucket[5m])))", journey.metric),
              "p95 {{service}}"}}});
  }
}

bool has_http_checks(const config::Config& config) {
  return std::ranges::any_of(config.checks, [](const auto& one) { return one.module->prober == config::Prober::http; });
}

}  // namespace

Dashboard experience_dashboard(const config::Config& config) {
  Dashboard dashboard{.uid = "nines-experience",
                      .title = "Nines / User experience",
                      .description = "What a user meets: do journeys reach their end, and where does the time go?",
                      .variables = {service_variable(true), region_variable()},
                      .panels = {}};
  if (!config.journeys.empty()) {
    dashboard.variables.push_back({"journey", "label_values(nines_journey_completions_total, check)"});
    add_journeys(dashboard.panels, config);
  }
  if (has_http_checks(config)) {
    dashboard.panels.push_back(
        {.kind = PanelKind::areas,
         .title = "Where the time goes",
         .description = "Phases of the last request of each check, added up over the checks of a service.",
         .unit = "s",
         .queries = {{fmt::format("sum by (service, phase) (probe_http_duration_seconds{{{}}})", kOfService),
                      "{{service}}: {{phase}}"}}});
    dashboard.panels.push_back(
        {.kind = PanelKind::lines,
         .title = "Slowest phase of each check",
         .unit = "s",
         .queries = {{fmt::format("topk by (check, region) (1, probe_http_duration_seconds{{{}}})", kOfService),
                      "{{check}} {{region}}: {{phase}}"}}});
  }
  dashboard.panels.push_back({.kind = PanelKind::lines,
                              .title = "p95 of each service",
                              .unit = "s",
                              .width = 24,
                              .queries = {{recorded_or(kServiceP95, "service=~\"$service\""), "{{service}}"}}});
  return dashboard;
}

}  // namespace nines::reports::generate
