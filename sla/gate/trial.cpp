#include "sla/gate/trial.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace nines::sla::gate {
namespace {

using namespace std::chrono_literals;

constexpr Micros kTrailing = 5min;
constexpr Micros kShort = 6min;  // a trial under this has no second minute to wait for
constexpr int kSustained = 2;    // minutes in a row
constexpr int kTriggered = 6;    // the same for a trigger: more than five minutes
constexpr std::int64_t kEarlyResults = 10;

Level resource_level(double percent) {
  if (percent > 90) return Level::critical;
  return percent > 80 ? Level::warning : Level::normal;
}

// Collects what speaks for each level, and the worst of them.
class Tally {
 public:
  explicit Tally(RollbackOn on) : on_(on) {}

  void add(Level level, bool trigger, const std::string& reason) {
    if (level == Level::critical && on_ == RollbackOn::triggers && !trigger) level = Level::warning;
    worst_ = worse(worst_, level);
    if (level == Level::normal || std::ranges::find(reasons_, reason, &Reason::second) != reasons_.end()) return;
    reasons_.emplace_back(level, reason);
  }
  Level worst() const { return worst_; }
  std::vector<std::string> reasons() {
    std::ranges::stable_sort(reasons_, std::greater(), &Reason::first);
    std::vector<std::string> sorted;
    for (auto& [level, reason] : reasons_) sorted.push_back(std::move(reason));
    return sorted;
  }

 private:
  using Reason = std::pair<Level, std::string>;

  RollbackOn on_;
  Level worst_ = Level::normal;
  std::vector<Reason> reasons_;
};

bool under_80_percent(const ServiceRow& row) {
  return row.healthy * 10 < row.health_samples * 8;
}

void tally_service(Tally& tally, const ServiceRow& row) {
  tally.add(row.error_level, true, row.error_reason);
  tally.add(row.server_error_level, false, row.server_error_reason);
  tally.add(row.health_level, under_80_percent(row), row.health_reason);
}

// From rows to the verdict; `triggered`: the checks whose latency is a trigger.
void conclude(Decision& decision, RollbackOn on, const std::vector<bool>& triggered, const Surroundings& surroundings) {
  Tally tally(on);
  const std::vector<LatencyRow>& checks = decision.judgement.checks;
  for (std::size_t i = 0; i < checks.size(); ++i) tally.add(checks[i].level, triggered[i], checks[i].reason);
  for (const ServiceRow& row : decision.judgement.services) tally_service(tally, row);
  for (const auto& [name, percent] : surroundings.resources) {
    decision.resources.push_back({name, percent, resource_level(percent)});
    tally.add(decision.resources.back().level, false, fmt::format("{} is at {:.1f} %", name, percent));
  }
  decision.alerts = surroundings.alerts;
  decision.not_judged = surroundings.not_judged;
  for (const std::string& alert : surroundings.alerts) tally.add(Level::critical, true, "critical alert: " + alert);
  for (const std::string& silent : surroundings.unanswered) tally.add(Level::inconclusive, false, silent);
  if (checks.empty()) tally.add(Level::inconclusive, false, "there is no check to judge by");
  decision.verdict = verdict_of(tally.worst());
  decision.reasons = tally.reasons();
}

}  // namespace

Trial::Trial(std::vector<CheckSamples> baselines, TrialPlan plan, Time begin)
    : plan_(plan),
      begin_(begin),
      checks_(std::move(baselines)),
      successes_(checks_.size()),
      critical_minutes_(checks_.size(), 0) {
  for (CheckSamples& check : checks_) check.baseline.sort();
}

void Trial::add(std::size_t check, const ResultRow& row) {
  checks_[check].current.add(row);
  if (row.success()) successes_[check].push_back({row.start, judged_time(row)});
}

bool Trial::unhealthy() const {
  const Judgement now = gate::judge(checks_, plan_.rules);
  return std::ranges::any_of(
      now.services, [](const ServiceRow& row) { return row.health_samples >= kEarlyResults && under_80_percent(row); });
}

Judgement Trial::judge_rows(Time now) {
  const Time from = std::max(begin_, now - std::min(plan_.length, kTrailing));
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    std::vector<Micros>& durations = checks_[i].current.durations;
    durations.clear();
    for (const Timed& success : successes_[i]) {
      if (success.start >= from) durations.push_back(success.duration);
    }
    checks_[i].current.sort();
  }
  return gate::judge(checks_, plan_.rules);
}

void Trial::settle_latency(Decision& decision, bool last) {
  for (std::size_t i = 0; i < checks_.size(); ++i) {
    LatencyRow& row = decision.judgement.checks[i];
    critical_minutes_[i] = row.level == Level::critical ? critical_minutes_[i] + 1 : 0;
    if (row.level != Level::critical) continue;
    const bool short_and_over = last && plan_.length < kShort;
    if (critical_minutes_[i] >= kSustained || short_and_over) continue;
    row.level = Level::warning;
    row.reason += ", for one minute so far";
  }
}

Decision Trial::judge(Time now, bool last, const Surroundings& surroundings) {
  Decision decision;
  decision.at = now;
  decision.judgement = judge_rows(now);
  settle_latency(decision, last);
  std::vector<bool> triggered;
  for (const int minutes : critical_minutes_) triggered.push_back(minutes >= kTriggered);
  conclude(decision, plan_.rollback_on, triggered, surroundings);
  return decision;
}

Decision Trial::look(Time now) {
  Decision decision;
  decision.at = now;
  decision.judgement = judge_rows(now);
  conclude(decision, plan_.rollback_on, std::vector<bool>(checks_.size(), false), {});
  return decision;
}

Decision decide(std::vector<CheckSamples> checks, const TrialPlan& plan) {
  Decision decision;
  decision.judgement = judge(checks, plan.rules);
  conclude(decision, plan.rollback_on, std::vector<bool>(checks.size(), false), {});
  return decision;
}

}  // namespace nines::sla::gate
