#include "agent/alerts/engine.hpp"

#include <algorithm>
#include <chrono>

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr Micros kOwnWindow = 5min;

}  // namespace

AlertEngine::AlertEngine(const store::Store& store, Spool& spool, const Clock& clock)
    : store_(store), spool_(spool), clock_(clock) {}

void AlertEngine::restore() {
  constexpr std::string_view kCheck = "check/";
  const std::lock_guard lock(mutex_);
  for (const auto& [id, alert] : spool_.alerts()) {
    if (!alert.firing() || !alert.identity.starts_with(kCheck)) continue;
    if (!value_of(alert.labels, "alertname").ends_with("Flapping")) continue;
    const bool critical = value_of(alert.labels, "severity") == "critical";
    flapping_[alert.identity.substr(kCheck.size())].resume(clock_.now(),
                                                           critical ? sla::State::critical : sla::State::warning);
  }
}

void AlertEngine::started(std::chrono::nanoseconds lateness) {
  const std::lock_guard lock(mutex_);
  const Time minute = std::chrono::floor<std::chrono::minutes>(clock_.now());
  if (turns_.empty() || turns_.back().minute != minute) turns_.push_back({.minute = minute});
  ++turns_.back().runs;
  if (lateness > kLate) ++turns_.back().late;
  while (turns_.front().minute < minute - kOwnWindow || turns_.front().minute > minute) turns_.pop_front();
}

void AlertEngine::finished(const RunReport& report, const sla::Health& before, const sla::Health& after) {
  const std::lock_guard lock(mutex_);
  const std::string& name = report.schedule->name;
  if (before.state != after.state) {
    flapping_[name].change(std::max(after.since, before.since), before.state, after.state);
    news_ = true;
  }
  note_components(report);
}

void AlertEngine::note_components(const RunReport& report) {
  if (report.components.empty()) return;
  const std::string& check = report.schedule->name;
  told_components_.insert(check);
  // One that the answer names no more is no component any more.
  std::erase_if(components_, [&](const auto& entry) {
    return entry.first.first == check &&
           std::ranges::none_of(report.components, [&](const auto& one) { return one.first == entry.first.second; });
  });
  for (const auto& [component, up] : report.components) {
    ResultRow row = report.result.row;
    row.reason = up ? Reason::none : Reason::component;
    news_ = sla::advance(components_[{check, component}], row, report.schedule->thresholds) || news_;
  }
}

OwnFacts AlertEngine::own_facts(Time now) {
  OwnFacts own;
  const store::WriterStats stats = store_.stats();
  own.store_healthy = stats.healthy;
  lost_.emplace_back(now, stats.failed);
  while (lost_.front().first < now - kOwnWindow) lost_.pop_front();
  own.results_lost = stats.failed - lost_.front().second;
  for (const Turns& minute : turns_) {
    if (minute.minute < now - kOwnWindow) continue;
    own.runs += minute.runs;
    own.late += minute.late;
  }
  return own;
}

bool AlertEngine::news() const {
  const std::lock_guard lock(mutex_);
  return news_;
}

void AlertEngine::leave_components_untold(const config::Config& config, Assessment& assessment) const {
  const Alerts alerts = spool_.alerts();  // which may wait for the disk, as no run may
  const std::lock_guard lock(mutex_);
  for (const auto& [id, alert] : alerts) {
    if (!alert.firing() || !alert.identity.starts_with("component/")) continue;
    const config::Check* check = config.check(std::string(value_of(alert.labels, "check")));
    if (check == nullptr || check->components.empty() || told_components_.contains(check->schedule.name)) continue;
    assessment.undecided.insert(alert.identity);
  }
}

bool AlertEngine::step(const AlertSources& sources, const std::map<std::string, Regions, std::less<>>& regions) {
  Facts facts{.now = clock_.now(),
              .checks = {},
              .objectives = {},
              .flapping = nullptr,
              .components = nullptr,
              .regions = &regions,
              .own = {}};
  std::map<std::string, Flapping, std::less<>> flapping;
  std::map<std::pair<std::string, std::string>, sla::Health> components;
  {
    const std::lock_guard lock(mutex_);
    news_ = false;
    facts.own = own_facts(facts.now);
    flapping = flapping_;
    components = components_;
  }
  facts.flapping = &flapping;
  facts.components = &components;
  const std::vector<CheckView> checks = sources.monitor->checks();
  facts.checks = checks;
  const auto objectives = sources.evaluator != nullptr ? sources.evaluator->latest() : nullptr;
  if (objectives) facts.objectives = *objectives;
  Assessment assessment =
      assess(*sources.config, facts, [this](const std::string& identity) { return spool_.firing(identity); });
  leave_components_untold(*sources.config, assessment);
  return spool_.update(assessment);
}

}  // namespace nines::agent
