// Objectives that burn their error budget.

#include <fmt/format.h>

#include "reports/generate/alerts.hpp"
#include "reports/generate/objectives.hpp"
#include "reports/generate/text.hpp"

namespace nines::reports::generate {
namespace {

constexpr const char* kLeft =
    "{{ with printf `min(nines_objective_error_budget_remaining_ratio{objective=%q,region=%q})` $labels.objective "
    "$labels.region | query }}{{ . | first | value | humanizePercentage }} of it is left"
    "{{ else }}how much of it is left is not known{{ end }}";

std::string burning(const config::Objective& objective, const char* window, const char* factor) {
  return fmt::format("max by (objective, service, region) (nines_objective_burn_rate{{{},burn_window=\"{}\"}}) > {}",
                     matcher("objective", objective.name), window, factor);
}

Rule burn_rule(const config::Config& config, const config::Objective& objective, const BurnPair& pair) {
  const config::Service& service = service_of(config, objective.service);
  Rule rule;
  rule.alert = kObjectiveBurn;
  rule.expr = burning(objective, pair.long_window, pair.factor) + "\nand\n" +
              burning(objective, pair.short_window, pair.factor);
  rule.labels = burn_labels(config, objective, pair);
  for (auto& [name, value] : rule.labels) value = template_text(value);
  rule.annotations =
      with_runbook(burn_annotations(kReferences, pair, template_text(objective.target.text),
                                    window_text(objective.window), "{{ $value | printf \"%.1f\" }}", kLeft),
                   template_text(service.runbook_url));
  return rule;
}

}  // namespace

std::string window_text(const config::Window& window) {
  switch (window.kind) {
    case config::Window::Kind::month:
      return "a month";
    case config::Window::Kind::quarter:
      return "a quarter";
    case config::Window::Kind::year:
      return "a year";
    case config::Window::Kind::rolling:
      return format_duration(window.length);
  }
  return {};
}

Pairs burn_labels(const config::Config& config, const config::Objective& objective, const BurnPair& pair) {
  const config::Service& service = service_of(config, objective.service);
  std::vector<std::string> covered = objective.checks;
  covered.insert(covered.end(), objective.journeys.begin(), objective.journeys.end());
  Pairs labels = alert_labels(pair.severity, most_urgent(config, covered), service);
  labels.emplace_back("objective", objective.name);
  labels.emplace_back("burn_window", pair.long_window);
  return labels;
}

RuleGroup objective_alerts(const config::Config& config) {
  RuleGroup group{.name = "nines-objectives",
                  .interval = {},
                  .comment =
                      "Each objective, in each region: the error budget burns over two windows at once. 14.4 "
                      "over an hour is 2 % of\na month's budget, 6 over six hours is 5 %, 3 over a day is "
                      "10 %, 1 over three days is 10 %.",
                  .rules = {}};
  for (const config::Objective& objective : config.objectives) {
    for (const BurnPair& pair : kBurnPairs) group.rules.push_back(burn_rule(config, objective, pair));
  }
  return group;
}

}  // namespace nines::reports::generate
