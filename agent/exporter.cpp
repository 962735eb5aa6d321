#include "agent/exporter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "agent/family.hpp"
#include "agent/probe_metrics.hpp"
#include "agent/process_metrics.hpp"
#include "base/version.hpp"

namespace nines::agent {
namespace {

using prometheus::Labels;
using prometheus::MetricFamily;
using prometheus::MetricType;

double unix_seconds(Time time) {
  return seconds(time.time_since_epoch());
}

constexpr std::array<std::string_view, 6> kStates{"up", "warning", "critical", "unknown", "maintenance", "suppressed"};

// Failing is a count of failures below the warning threshold: to a dashboard the check is still up.
std::string_view state_label(reports::Shown shown) {
  return shown == reports::Shown::failing ? "up" : reports::shown_name(shown);
}

struct Scrape {
  const Exporter& from;
  std::string_view service;
  std::vector<MetricFamily> families;

  void add(FamilyBuilder builder) { families.push_back(std::move(builder).take()); }
  bool wanted(const std::string& name) const { return service.empty() || service == name; }
  bool wanted(const prometheus::ClientMetric& metric) const {
    return std::ranges::any_of(metric.label,
                               [this](const auto& label) { return label.name == "service" && label.value == service; });
  }

  void counters();
  void checks(const std::vector<CheckView>& views);
  void services();
  void leftovers();
  void objectives();
  void agent();
};

void Scrape::counters() {
  for (MetricFamily& family : from.metrics.collect()) {
    if (!service.empty()) {
      std::erase_if(family.metric, [this](const prometheus::ClientMetric& metric) { return !wanted(metric); });
    }
    families.push_back(std::move(family));
  }
}

void Scrape::checks(const std::vector<CheckView>& views) {
  FamilyBuilder state("nines_check_state", "State of a check or journey: 1 for the one it is in.");
  FamilyBuilder failures("nines_check_consecutive_failures", "Failed runs in a row, up to now.");
  FamilyBuilder last("nines_check_last_result_timestamp_seconds", "Start of the last run that gave a result.");
  FamilyBuilder down("nines_check_down", "1 while a failure run has reached the warning threshold.");
  FamilyBuilder component("nines_component_up", "Health of a component, as the target's own answer tells it.");
  FamilyBuilder version("nines_target_version_info", "The deployed version, as the target's own answer tells it.");
  for (const CheckView& view : views) {
    const Labels labels = check_labels(from.config, *view.schedule);
    const std::string_view shown = state_label(view.shown);
    for (const std::string_view name : kStates) state.add(labels, "state", std::string(name), shown == name ? 1 : 0);
    failures.add(labels, view.health.failures);
    if (view.health.last_result != Time{}) last.add(labels, unix_seconds(view.health.last_result));
    const bool confirmed =
        view.state != sla::State::unknown && view.health.failures >= view.schedule->thresholds.warning;
    down.add({{"check", view.schedule->name}, {"service", view.schedule->service}, {"region", from.config.region}},
             confirmed ? 1 : 0);
    if (!view.last) continue;
    for (const auto& [name, up] : view.last->components) component.add(labels, "component", name, up ? 1 : 0);
    if (!view.last->version.empty()) version.add(labels, "version", view.last->version, 1);
  }
  for (FamilyBuilder* family : {&state, &failures, &last, &down, &component, &version}) add(std::move(*family));
}

void Scrape::services() {
  FamilyBuilder down("service_downtime_seconds_total", "Confirmed downtime of a service since the agent started.",
                     MetricType::Counter);
  FamilyBuilder known("nines_service_known_seconds_total",
                      "Time for which the state of a service has been known since the agent started.",
                      MetricType::Counter);
  for (const ServiceView& view : from.monitor.services()) {
    if (!wanted(view.service)) continue;
    const Labels labels{{"service", view.service}, {"region", from.config.region}};
    down.add(labels, seconds(view.down));
    known.add(labels, seconds(view.known));
  }
  add(std::move(down));
  add(std::move(known));
}

std::string say_window(const config::Window& window) {
  switch (window.kind) {
    case config::Window::Kind::month:
      return "month";
    case config::Window::Kind::quarter:
      return "quarter";
    case config::Window::Kind::year:
      return "year";
    case config::Window::Kind::rolling:
      return format_duration(window.length);
  }
  return "";
}

std::optional<double> sli(const sla::Evaluation& evaluation) {
  if (evaluation.uptime && evaluation.uptime->net.measured().known()) return evaluation.uptime->net.measured().value();
  if (evaluation.error_rate && evaluation.error_rate->measured().known()) {
    return evaluation.error_rate->measured().value();
  }
  return std::nullopt;
}

std::optional<double> budget_left(const sla::Evaluation& evaluation) {
  if (evaluation.uptime) return evaluation.uptime->budget.remaining_ratio;
  if (evaluation.latency) return evaluation.latency->budget.remaining_ratio;
  if (evaluation.error_rate) return evaluation.error_rate->budget.remaining_ratio;
  return std::nullopt;
}

bool is_time(config::Unit unit) {
  return unit == config::Unit::seconds || unit == config::Unit::milliseconds;
}

// The answer to a query and its target in base units; a plain number has none to go by.
void add_answer(const sla::Evaluation& evaluation, const Labels& labels, FamilyBuilder& figure, FamilyBuilder& target) {
  const config::Objective& objective = *evaluation.objective;
  if (objective.unit == config::Unit::number) return;
  const double scale = objective.unit == config::Unit::percent        ? 100
                       : objective.unit == config::Unit::milliseconds ? 1000
                                                                      : 1;
  if (evaluation.prometheus->value) figure.add(labels, *evaluation.prometheus->value / scale);
  target.add(labels, objective.target.value.to_double() / scale);
}

void Scrape::leftovers() {
  FamilyBuilder left("nines_journey_leftovers",
                     "Things that a journey made in its target and that are not yet removed.");
  const auto counts = from.ledger.counts();
  for (const config::Journey& journey : from.config.journeys) {
    if (!wanted(journey.schedule.service)) continue;
    const auto found = counts.find(journey.schedule.name);
    left.add(check_labels(from.config, journey.schedule),
             found == counts.end() ? 0.0 : static_cast<double>(found->second));
  }
  add(std::move(left));
}

void Scrape::objectives() {
  FamilyBuilder ratio("nines_objective_sli_ratio",
                      "The measured figure of the current period: uptime, error rate or what a query gave.");
  FamilyBuilder latency("nines_objective_latency_seconds",
                        "The measured percentile of the current period, or the time a query gave.");
  FamilyBuilder target_ratio("nines_objective_target_ratio", "The target that nines_objective_sli_ratio is held to.");
  FamilyBuilder target_seconds("nines_objective_target_seconds", "The target that the latency is held to.");
  FamilyBuilder verdict("nines_objective_verdict", "Verdict of the current period: 1 for the one it is.");
  FamilyBuilder budget("nines_objective_error_budget_remaining_ratio", "Share of the error budget that is left.");
  FamilyBuilder burn("nines_objective_burn_rate", "Bad ratio over a window, as a multiple of what is allowed.");
  FamilyBuilder evaluated("nines_objective_evaluated_timestamp_seconds", "When the objective was last evaluated.");
  FamilyBuilder info("nines_objective_info", "What the objective asks for.");
  for (const ObjectiveView& view : *from.evaluator.latest()) {
    const sla::Evaluation& evaluation = view.evaluation;
    const config::Objective& objective = *evaluation.objective;
    if (!wanted(objective.service)) continue;
    const Labels labels{{"objective", objective.name}, {"service", objective.service}, {"region", from.config.region}};
    if (const auto value = sli(evaluation)) ratio.add(labels, *value);
    if (evaluation.latency && evaluation.latency->measured) latency.add(labels, seconds(*evaluation.latency->measured));
    if (evaluation.latency && evaluation.latency->infinite)
      latency.add(labels, std::numeric_limits<double>::infinity());
    const double target = objective.target.value.to_double();
    if (evaluation.prometheus) {
      add_answer(evaluation, labels, is_time(objective.unit) ? latency : ratio,
                 is_time(objective.unit) ? target_seconds : target_ratio);
    } else {
      evaluation.latency ? target_seconds.add(labels, target / 1e6) : target_ratio.add(labels, target);
    }
    for (const auto& [value, name] : {std::pair{sla::Verdict::met, "met"}, std::pair{sla::Verdict::missed, "missed"},
                                      std::pair{sla::Verdict::inconclusive, "inconclusive"}}) {
      verdict.add(labels, "verdict", name, evaluation.verdict == value ? 1 : 0);
    }
    if (const auto left = budget_left(evaluation)) budget.add(labels, *left);
    for (std::size_t i = 0; i < kBurnWindows.size(); ++i) {
      if (view.burn_rates[i]) burn.add(labels, "burn_window", kBurnWindows[i].label, *view.burn_rates[i]);
    }
    evaluated.add(labels, unix_seconds(evaluation.as_of));
    Labels described = labels;
    described["window"] = say_window(objective.window);
    described["time_zone"] = objective.time_zone;
    described["target"] = objective.target.text;
    info.add(described, 1);
  }
  for (FamilyBuilder* family :
       {&ratio, &latency, &target_ratio, &target_seconds, &verdict, &budget, &burn, &evaluated, &info}) {
    add(std::move(*family));
  }
}

void Scrape::agent() {
  FamilyBuilder build("nines_build_info", "The version of the agent.");
  build.add({{"version", kVersion}, {"region", from.config.region}}, 1);
  add(std::move(build));

  const store::WriterStats stats = from.store.stats();
  FamilyBuilder queued("nines_results_queued", "Results that wait to be stored.");
  queued.add({}, static_cast<double>(stats.queued));
  add(std::move(queued));
  FamilyBuilder writes("nines_store_writes_total", "Results stored (durable), and results that could not be.",
                       MetricType::Counter);
  writes.add({}, "result", "success", static_cast<double>(stats.written));
  writes.add({}, "result", "failure", static_cast<double>(stats.failed));
  add(std::move(writes));
  FamilyBuilder alerts("nines_alerts_sent_total",
                       "Alerts that a receiver took, or did not take: each raised, each resolved.",
                       MetricType::Counter);
  alerts.add({}, "result", "success", static_cast<double>(from.alerts.success));
  alerts.add({}, "result", "failure", static_cast<double>(from.alerts.failure));
  add(std::move(alerts));
  FamilyBuilder size("nines_store_size_bytes", "Size of the store's files.");
  size.add({}, static_cast<double>(store_size(from.config.data_dir)));
  add(std::move(size));

  FamilyBuilder reload("nines_config_last_reload_successful", "Whether the last load of the configuration succeeded.");
  reload.add({}, from.load.successful ? 1 : 0);
  add(std::move(reload));
  FamilyBuilder reloaded("nines_config_last_reload_success_timestamp_seconds",
                         "When the configuration was last loaded with success.");
  reloaded.add({}, unix_seconds(from.load.at));
  add(std::move(reloaded));
  for (MetricFamily& family : process_metrics()) families.push_back(std::move(family));
}

}  // namespace

std::vector<MetricFamily> Exporter::collect(std::string_view service) const {
  Scrape scrape{*this, service, {}};
  std::vector<CheckView> views = monitor.checks();
  std::erase_if(views, [&](const CheckView& view) { return !scrape.wanted(view.schedule->service); });
  scrape.counters();
  scrape.checks(views);
  for (MetricFamily& family : probe_metrics(config, views)) scrape.families.push_back(std::move(family));
  scrape.services();
  scrape.leftovers();
  scrape.objectives();
  if (service.empty()) scrape.agent();
  return std::move(scrape.families);
}

}  // namespace nines::agent
