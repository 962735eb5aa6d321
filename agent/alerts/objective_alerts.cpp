// Alerts of objectives: that their error budget burns too fast, that they are missed.

#include <algorithm>

#include <fmt/format.h>

#include "agent/alerts/assessor.hpp"
#include "base/text.hpp"
#include "sla/figures.hpp"

namespace nines::agent {
namespace {

// What was measured, as reports print it.
std::string figure_of(const sla::Evaluation& evaluation) {
  const config::Limit& target = evaluation.objective->target;
  if (evaluation.uptime) return sla::print_percent(evaluation.uptime->net.measured(), sla::RoundTo::down, &target);
  if (evaluation.error_rate) return sla::print_percent(evaluation.error_rate->measured(), sla::RoundTo::up, &target);
  if (!evaluation.latency || !evaluation.latency->measured) return "n/a";
  return sla::print_latency(*evaluation.latency->measured);
}

// True, false or not known, of a pair of windows that must both burn.
std::optional<bool> both(std::span<const std::optional<double>> rates, std::size_t a, std::size_t b, double limit) {
  const auto burns = [&](std::size_t i) -> std::optional<bool> {
    if (i >= rates.size() || !rates[i]) return std::nullopt;
    return *rates[i] > limit;
  };
  const auto one = burns(a);
  const auto other = burns(b);
  if (one == false || other == false) return false;
  if (!one || !other) return std::nullopt;
  return true;
}

std::optional<bool> either(std::optional<bool> a, std::optional<bool> b) {
  if (a == true || b == true) return true;
  if (!a || !b) return std::nullopt;
  return false;
}

}  // namespace

void Assessor::objective(const ObjectiveView& view) {
  const config::Objective& objective = *view.evaluation.objective;
  // Its service's, or that of the checks it names.
  std::string service = objective.service;
  bool maintained = false;
  for (const CheckView& check : facts_.checks) {
    const auto& names = check.check != nullptr ? objective.checks : objective.journeys;
    if (std::ranges::find(names, check.schedule->name) == names.end()) continue;
    if (service.empty()) service = check.schedule->service;
    maintained = maintained || check.shown == reports::Shown::maintenance;
  }
  const bool quiet = maintained || uplink_down_;
  const auto decide = [&](const char* kind, std::string_view severity, const char* name, std::string summary,
                          std::string description) {
    std::string identity = kind + objective.name;
    if (quiet && !severity.empty()) return;
    assessment_.undecided.erase(identity);
    if (severity.empty()) return;
    wrong(std::move(identity), {.alertname = name,
                                .service = service,
                                .severity = severity,
                                .labels = {{"objective", objective.name}},
                                .summary = std::move(summary),
                                .description = std::move(description),
                                .path = "/objectives/" + percent_encode(objective.name),
                                .since = facts_.now});
  };

  std::vector<std::string> rates;
  for (std::size_t i = 0; i < view.burn_rates.size(); ++i) {
    if (view.burn_rates[i]) rates.push_back(fmt::format("{} {:.3g}", kBurnWindows[i].label, *view.burn_rates[i]));
  }
  if (const auto severity = burn_severity(view.burn_rates, firing_(kBurning + objective.name))) {
    decide(kBurning, *severity, "ObjectiveBurning",
           fmt::format("Objective {} burns its error budget too fast", objective.name),
           fmt::format("Target {}. Burn rates (1 spends exactly the budget): {}.", objective.target.text,
                       fmt::join(rates, ", ")));
  }
  const sla::Level level = view.evaluation.level;
  decide(kMissed,
         level == sla::Level::critical  ? kCritical
         : level == sla::Level::warning ? kWarning
                                        : std::string_view(),
         "ObjectiveMissed", fmt::format("Objective {} is missed so far", objective.name),
         fmt::format("Target {} over {}; so far {}{}.", objective.target.text, view.evaluation.period.label,
                     figure_of(view.evaluation),
                     objective.critical ? ", critical at " + objective.critical->text : std::string()));
}

std::optional<std::string_view> burn_severity(std::span<const std::optional<double>> rates, std::string_view now) {
  enum : std::size_t { k5m, k30m, k1h, k2h, k6h, k1d, k3d };
  const auto critical = either(both(rates, k1h, k5m, 14.4), both(rates, k6h, k30m, 6));
  const auto warning = either(both(rates, k1d, k2h, 3), both(rates, k3d, k6h, 1));
  if (critical == true) return kCritical;
  if (!critical && now == kCritical) return std::nullopt;
  if (warning == true) return kWarning;
  if (!warning && !now.empty()) return std::nullopt;
  return critical.has_value() || warning.has_value() ? std::optional<std::string_view>("") : std::nullopt;
}

}  // namespace nines::agent
