// One service: its checks and journeys, its downtime, its objectives.

#include <fmt/format.h>

#include "reports/generate/dashboards.hpp"

namespace nines::reports::generate {
namespace {

constexpr const char* kService = "service=~\"$service\"";

Panel figure(const char* title, const char* unit, std::string expr, int decimals, Scale scale = Scale::none) {
  return {.kind = PanelKind::stat,
          .title = title,
          .unit = unit,
          .width = 6,
          .height = 4,
          .scale = scale,
          .queries = {{std::move(expr), ""}},
          .decimals = decimals};
}

void add_application_panels(std::vector<Panel>& panels) {
  panels.push_back({.kind = PanelKind::areas,
                    .title = "Answers by status",
                    .description = "Of every request the probes make; 000: no answer.",
                    .unit = "reqps",
                    .queries = {{fmt::format("sum by (status_code) (rate(http_requests_total{{{}}}[5m]))", kOfService),
                                 "{{status_code}}"}}});
  panels.push_back({.kind = PanelKind::lines,
                    .title = "p95 by path",
                    .unit = "s",
                    .queries = {{fmt::format("histogram_quantile(0.95, sum by (method, path, le) "
                                             "(rate(http_request_duration_seconds_bucket{{{}}}[5m])))",
                                             kOfService),
                                 "{{method}} {{path}}"}}});
}

}  // namespace

Dashboard service_dashboard(const config::Config& config) {
  Dashboard dashboard{.uid = "nines-service",
                      .title = "Nines / Service",
                      .description = "One service: its checks and journeys, its downtime, its objectives.",
                      .variables = {service_variable(false), region_variable()},
                      .panels = {}};
  auto& panels = dashboard.panels;
  panels = {figure("Uptime, 30 days", "percentunit", recorded_or(kServiceUptime, kService), 3),
            figure("Downtime, 24 hours", "s",
                   fmt::format("sum(increase(service_downtime_seconds_total{{{}}}[24h]))", kOfService), 0,
                   Scale::bad_above_zero),
            figure("Failed runs, 5 minutes", "percentunit", recorded_or(kServiceFailureRatio, kService), 2,
                   Scale::ratio_failed),
            figure("p95, 5 minutes", "s", recorded_or(kServiceP95, kService), 3),
            {.kind = PanelKind::states,
             .title = "Health",
             .width = 24,
             .scale = Scale::states,
             .queries = {{state_number(kOfService), "{{check}} {{region}}"}}},
            {.kind = PanelKind::lines,
             .title = "p50 of successful runs",
             .unit = "s",
             .queries = {{recorded_or(kCheckP50, kOfService), "{{check}} {{region}}"}}},
            {.kind = PanelKind::lines,
             .title = "p95 of successful runs",
             .unit = "s",
             .queries = {{recorded_or(kCheckP95, kOfService), "{{check}} {{region}}"}}},
            {.kind = PanelKind::lines,
             .title = "Failed runs",
             .unit = "percentunit",
             .queries = {{recorded_or(kFailureRatio, kOfService), "{{check}} {{region}}"}}},
            {.kind = PanelKind::lines,
             .title = "Regions that see it down",
             .unit = "short",
             .queries = {{fmt::format("sum by (check) (max by (check, service, region) (nines_check_down{{{}}}))",
                                      kOfService),
                          "{{check}}"}},
             .decimals = 0}};
  if (!config.objectives.empty()) {
    panels.push_back(
        {.kind = PanelKind::lines,
         .title = "Error budget left",
         .unit = "percentunit",
         .queries = {{fmt::format("min by (objective, region) (nines_objective_error_budget_remaining_ratio{{{}}})",
                                  kOfService),
                      "{{objective}} {{region}}"}}});
    panels.push_back(
        {.kind = PanelKind::lines,
         .title = "Burn rates",
         .description = "Alerts fire at 14.4 over 1h and 5m, 6 over 6h and 30m, 3 over 1d and 2h, 1 over 3d and 6h.",
         .unit = "short",
         .queries = {{fmt::format("max by (objective, burn_window) (nines_objective_burn_rate{{{}}})", kOfService),
                      "{{objective}} {{burn_window}}"}}});
  }
  if (config.application_names) add_application_panels(panels);
  return dashboard;
}

}  // namespace nines::reports::generate
