// Is what was promised kept?

#include <algorithm>

#include <fmt/format.h>

#include "reports/generate/dashboards.hpp"

namespace nines::reports::generate {
namespace {

std::string of_objective(const char* metric) {
  return fmt::format("max by (objective, service, region) ({}{{{}}})", metric, kOfService);
}

Panel verdict_count(const char* title, const char* verdict, Scale scale) {
  return {.kind = PanelKind::stat,
          .title = title,
          .description = "Of the objectives of each region, in their current period.",
          .unit = "short",
          .width = 4,
          .height = 4,
          .scale = scale,
          .queries = {{fmt::format("sum(nines_objective_verdict{{{},verdict=\"{}\"}})", kOfService, verdict), ""}},
          .decimals = 0};
}

// Verdict, target and what is measured, by objective and region.
Panel compliance(const config::Config& config) {
  Panel panel{.kind = PanelKind::table,
              .title = "SLA compliance",
              .description = "Each region's own view of the current period. Reports have the whole.",
              .width = 24,
              .height = 10,
              .scale = Scale::verdicts};
  panel.queries.push_back(
      {fmt::format("max by (objective, service, region, verdict) (nines_objective_verdict{{{}}}) == 1", kOfService),
       ""});
  panel.columns.emplace_back("is so");
  const auto add = [&](const char* metric, const char* column, const char* unit) {
    panel.queries.push_back({of_objective(metric), ""});
    panel.columns.emplace_back(column);
    panel.value_column_units += fmt::format(",{}", unit);
  };
  if (has_ratio(config)) {
    add("nines_objective_sli_ratio", "measured", "percentunit");
    add("nines_objective_target_ratio", "target", "percentunit");
  }
  if (has_latency(config)) {
    add("nines_objective_latency_seconds", "measured time", "s");
    add("nines_objective_target_seconds", "target time", "s");
  }
  add("nines_objective_error_budget_remaining_ratio", "budget left", "percentunit");
  return panel;
}

}  // namespace

bool has_latency(const config::Config& config) {
  return std::ranges::any_of(config.objectives,
                             [](const auto& one) { return one.indicator == config::Indicator::latency; });
}

bool has_ratio(const config::Config& config) {
  return std::ranges::any_of(config.objectives,
                             [](const auto& one) { return one.indicator != config::Indicator::latency; });
}

Dashboard executive_dashboard(const config::Config& config) {
  Dashboard dashboard{.uid = "nines-executive",
                      .title = "Nines / Executive",
                      .description = "Is what was promised kept?",
                      .variables = {service_variable(true), region_variable()},
                      .panels = {}};
  auto& panels = dashboard.panels;
  if (!config.objectives.empty()) {
    panels.push_back(verdict_count("Objectives met", "met", Scale::good_above_zero));
    panels.push_back(verdict_count("Objectives missed", "missed", Scale::bad_above_zero));
    panels.push_back(verdict_count("Not decided yet", "inconclusive", Scale::none));
  }
  panels.push_back({.kind = PanelKind::stat,
                    .title = "Uptime, 30 days",
                    .description = "Confirmed uptime of each service, of the time that is known.",
                    .unit = "percentunit",
                    .width = 12,
                    .height = 4,
                    .scale = Scale::none,
                    .queries = {{recorded_or(kServiceUptime, "service=~\"$service\""), "{{service}}"}},
                    .decimals = 3});
  if (config.objectives.empty()) return dashboard;
  panels.push_back(compliance(config));
  panels.push_back(
      {.kind = PanelKind::bars,
       .title = "Error budget left",
       .description = "The least of all regions. Below 0 more is spent than there was.",
       .unit = "percentunit",
       .scale = Scale::budget,
       .queries = {
           {fmt::format("min by (objective, service) (nines_objective_error_budget_remaining_ratio{{{}}})", kOfService),
            "{{objective}}"}}});
  panels.push_back(
      {.kind = PanelKind::lines,
       .title = "Error budget left over time",
       .description = "The least of all regions.",
       .unit = "percentunit",
       .scale = Scale::none,
       .queries = {
           {fmt::format("min by (objective, service) (nines_objective_error_budget_remaining_ratio{{{}}})", kOfService),
            "{{objective}}"}}});
  panels.push_back(
      {.kind = PanelKind::lines,
       .title = "Burn rate over an hour",
       .description = "1 spends the budget exactly by the end of a month; 14.4 spends 2 % of it in an hour.",
       .unit = "short",
       .width = 24,
       .queries = {
           {fmt::format("max by (objective, service) (nines_objective_burn_rate{{{},burn_window=\"1h\"}})", kOfService),
            "{{objective}}"}}});
  return dashboard;
}

}  // namespace nines::reports::generate
