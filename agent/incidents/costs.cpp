#include <algorithm>
#include <optional>

#include "agent/incidents/details.hpp"
#include "agent/objectives.hpp"
#include "sla/budget.hpp"
#include "sla/calendar.hpp"
#include "sla/evaluate.hpp"

namespace nines::agent {
namespace {

constexpr std::int64_t kRowsAtOnce = 200'000;
constexpr Micros kLeastPart = std::chrono::days(1);
constexpr std::size_t kMostPeriods = 24;  // of one objective

std::vector<std::string> shared(const std::vector<std::string>& covered, const std::vector<std::string>& checks) {
  std::vector<std::string> both;
  for (const std::string& one : covered) {
    if (std::ranges::find(checks, one) != checks.end()) both.push_back(one);
  }
  return both;
}

class Costs {
 public:
  Costs(IncidentStores& stores, const config::Config& config, reports::Incident& incident, Time as_of,
        const GiveUp& give_up)
      : stores_(stores), config_(config), incident_(incident), as_of_(as_of), give_up_(give_up) {}

  Expected<void> add() {
    for (const config::Objective& objective : config_.objectives) {
      if (objective.indicator == config::Indicator::prometheus) continue;
      if (shared(incident_.journey ? objective.journeys : objective.checks, incident_.checks).empty()) continue;
      const auto periods = periods_of(objective);
      if (!periods) return std::unexpected(periods.error());
      for (const sla::ReportPeriod& period : *periods) {
        if (give_up_()) {
          incident_.costs_cut = true;
          return {};
        }
        if (auto done = add(objective, period); !done) return done;
      }
    }
    return {};
  }

 private:
  Expected<std::vector<sla::ReportPeriod>> periods_of(const config::Objective& objective) const {
    const Time end = std::min(incident_.extent.to, as_of_);
    std::vector<sla::ReportPeriod> periods;
    const bool rolling = objective.window.kind == config::Window::Kind::rolling;
    for (Time at = rolling ? end : incident_.extent.from; periods.size() < kMostPeriods;) {
      auto period = sla::current_period(objective, at);
      if (!period) return std::unexpected(period.error());
      periods.push_back(*period);
      at = period->period.to;
      if (rolling || at >= end) break;
    }
    return periods;
  }

  Expected<sla::Evaluation> evaluated(const config::Objective& objective, const Period& part) {
    auto history = load_history(stores_.readers(), config_, objective, part);
    if (!history) return std::unexpected(history.error());
    return sla::evaluate(objective, {.period = part, .time_zone = objective.time_zone, .label = {}}, as_of_, *history,
                         config_.regions);
  }

  // How much of a period is read at once.
  Micros part_of(const config::Objective& objective) const {
    double rows_a_day = 0;
    for (const config::Schedule* schedule : config_.schedules()) {
      const bool covered = std::ranges::find(objective.checks, schedule->name) != objective.checks.end() ||
                           std::ranges::find(objective.journeys, schedule->name) != objective.journeys.end() ||
                           schedule->uplink;
      if (covered) rows_a_day += seconds(kLeastPart) / std::max(seconds(schedule->interval), 1e-3);
    }
    const auto days = static_cast<std::int64_t>(static_cast<double>(kRowsAtOnce) / std::max(rows_a_day, 1.0));
    return std::max<std::int64_t>(days, 1) * kLeastPart;
  }

  // Time that counts, or results, of the whole period. None: it took too long.
  Expected<std::optional<std::int64_t>> whole_of(const config::Objective& objective, Period period) {
    const Micros part = part_of(objective);
    // Time that is to come counts, results do not.
    if (objective.indicator != config::Indicator::uptime) period.to = std::min(period.to, as_of_);
    std::int64_t whole = 0;
    for (Time from = period.from; from < period.to;) {
      if (give_up_()) return std::nullopt;
      // What lies ahead holds no results: one part with the present.
      const Time to = period.to - from <= part || from + part >= as_of_ ? period.to : from + part;
      const auto evaluation = evaluated(objective, {from, to});
      if (!evaluation) return std::unexpected(evaluation.error());
      if (evaluation->uptime) whole += evaluation->uptime->budget.over.count();
      if (evaluation->latency) whole += evaluation->latency->samples;
      if (evaluation->error_rate) whole += evaluation->error_rate->samples;
      from = to;
    }
    return whole;
  }

  Expected<void> add(const config::Objective& objective, const sla::ReportPeriod& period) {
    const Period inside{std::max(period.period.from, incident_.extent.from),
                        std::min(period.period.to, incident_.extent.to)};
    if (inside.from >= inside.to) return {};
    reports::IncidentCost cost{.objective = objective.name, .target = objective.target.text, .period = period.label};
    cost.time = objective.indicator == config::Indicator::uptime;
    config::Objective own = objective;
    if (!cost.time) {
      // A result is of one check; down time is of all together.
      own.checks = shared(objective.checks, incident_.checks);
      own.journeys = shared(objective.journeys, incident_.checks);
    }
    const auto taken = evaluated(own, inside);
    if (!taken) return std::unexpected(taken.error());
    if (taken->uptime) cost.down = taken->uptime->net.down;
    if (taken->latency) cost.bad = taken->latency->bad;
    if (taken->error_rate) cost.bad = taken->error_rate->errors;
    if (cost.down == Micros(0) && cost.bad == 0) return {};
    const auto whole = whole_of(objective, period.period);
    if (!whole) return std::unexpected(whole.error());
    if (!*whole) {
      incident_.costs_cut = true;
      return {};
    }
    const Decimal allowed = sla::allowed_ratio(objective);
    if (cost.time) {
      const double seconds_allowed = sla::time_budget(allowed, Micros(**whole), cost.down).allowed_seconds;
      cost.budget = Micros(static_cast<Micros::rep>(seconds_allowed * 1e6));
    } else {
      cost.allowed = sla::count_budget(allowed, **whole, cost.bad).allowed;
    }
    incident_.costs.push_back(std::move(cost));
    return {};
  }

  IncidentStores& stores_;
  const config::Config& config_;
  reports::Incident& incident_;
  Time as_of_;
  const GiveUp& give_up_;
};

}  // namespace

Expected<void> add_costs(IncidentStores& stores, const config::Config& config, reports::Incident& incident, Time as_of,
                         const GiveUp& give_up) {
  return Costs(stores, config, incident, as_of, give_up).add();
}

}  // namespace nines::agent
