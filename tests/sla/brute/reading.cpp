#include "tests/sla/brute/reading.hpp"

#include <algorithm>

#include "tests/sla/brute/local_time.hpp"

namespace nines::sla::brute {

const Settings& in_force(const Series& series, Time t) {
  const Settings* found = &series.settings.front();
  for (const Settings& entry : series.settings) {
    if (entry.from <= t) found = &entry;
  }
  return *found;
}

namespace {

bool is_agent_reason(Reason reason) {
  return reason_name(reason).starts_with("agent_");
}

// Before the first load a result's own interval stands in for the earliest known one.
Micros interval(const Series& series, const ResultRow& row) {
  if (row.start < series.settings.front().from && row.interval > Micros(0)) return row.interval;
  return in_force(series, row.start).interval;
}

Micros stale_after(const Series& series, const ResultRow& row) {
  const Settings& settings = in_force(series, row.start);
  const bool set_by_hand = settings.stale_after * 2 != settings.interval * 5;
  return set_by_hand ? settings.stale_after : interval(series, row) * 5 / 2;
}

std::optional<Time> first_result(const Series& series) {
  std::optional<Time> first = series.first_result;
  for (const ResultRow& row : series.rows) {
    if (row.origin == Origin::scheduled) first = first ? std::min(*first, row.start) : row.start;
  }
  return first;
}

}  // namespace

World::World(const config::Objective& objective, Time as_of, const History& history,
             std::span<const std::string> regions)
    : objective_(&objective), as_of_(as_of), history_(&history) {
  checks_ = objective.checks;
  checks_.insert(checks_.end(), objective.journeys.begin(), objective.journeys.end());
  regions_ = objective.regions;
  if (regions_.empty()) regions_.assign(regions.begin(), regions.end());
  listed_ = !regions_.empty();
  if (!listed_) {
    std::set<std::string> seen;
    for (const Series& one : history.series) {
      if (std::ranges::find(checks_, one.key.check) != checks_.end()) seen.insert(one.key.region);
    }
    regions_.assign(seen.begin(), seen.end());
  }
  for (const Series& one : history.series) first_results_[one.key] = first_result(one);
  for (const Series& one : history.series) {
    if (!one.uplink) continue;
    auto results = read(one);
    find_runs(one, results, std::nullopt);
    auto& runs = uplink_runs_[one.key];
    for (const Reading& result : results) {
      if (result.confirmed && result.run_begin == result.row.start) {
        runs.push_back({result.row.start - interval(one, result.row), result.end});
      }
      if (result.confirmed) runs.back().to = result.end;
    }
  }
  for (const Series& one : history.series) {
    auto results = read(one);
    for (Reading& result : results) {
      if (result.failed && cut_off(one.key.region, result.row.start)) result.is_void = true;
    }
    find_runs(one, results, objective.confirm_after);
    results_[one.key] = std::move(results);
  }
}

std::vector<Reading> World::read(const Series& series) const {
  std::vector<Reading> results;
  for (const ResultRow& row : series.rows) {
    if (row.origin != Origin::scheduled) continue;
    auto place = results.end();
    while (place != results.begin() && std::prev(place)->row.start > row.start) --place;
    results.insert(place, Reading{row, {}, is_agent_reason(row.reason), row.reason != Reason::none, false, {}, {}});
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    Reading& result = results[i];
    const Time start = result.row.start;
    result.end = std::max(start + stale_after(series, result.row), start + result.row.duration);
    if (i + 1 < results.size()) result.end = std::min(result.end, results[i + 1].row.start);
    for (const ClockStep& step : history_->clock_steps) {
      if (step.region == series.key.region && start < step.at) result.end = std::min(result.end, step.at);
    }
  }
  return results;
}

void World::find_runs(const Series& series, std::vector<Reading>& results, std::optional<int> confirm_after) const {
  std::vector<Reading*> run;
  const auto close = [&] {
    bool confirmed = false;
    for (std::size_t i = 0; i < run.size(); ++i) {
      const int needed = confirm_after ? *confirm_after : in_force(series, run[i]->row.start).warning;
      if (static_cast<int>(i) + 1 >= needed) confirmed = true;
    }
    for (Reading* result : run) {
      result->confirmed = confirmed;
      result->run_begin = run.front()->row.start;
      result->run_reason = run.front()->row.reason;
    }
    run.clear();
  };
  for (Reading& result : results) {
    if (result.is_void) continue;
    if (!result.failed) {
      close();
    } else {
      run.push_back(&result);
    }
  }
  close();
}

bool World::cut_off(const std::string& region, Time t) const {
  bool any = false;
  for (const Series& one : history_->series) {
    if (!one.uplink || one.key.region != region) continue;
    bool inside = false;
    for (const UplinkRun& run : uplink_runs_.at(one.key)) inside = inside || (run.from <= t && t < run.to);
    if (!inside && region_takes_part(one, t)) return false;
    any = any || inside;
  }
  return any;
}

const Series* World::series(const std::string& check, const std::string& region) const {
  for (const Series& one : history_->series) {
    if (one.key.check == check && one.key.region == region) return &one;
  }
  return nullptr;
}

const std::vector<Reading>* World::results(const std::string& check, const std::string& region) const {
  const auto found = results_.find({check, region});
  return found == results_.end() ? nullptr : &found->second;
}

bool World::region_takes_part(const Series& series, Time t) const {
  const auto first = first_results_.at(series.key);
  const Time load = series.settings.front().from;
  if (t < load) return first && *first <= t;
  return !in_force(series, t).removed;
}

bool World::takes_part(const std::string& check, Time t) const {
  for (const Series& one : history_->series) {
    if (one.key.check == check && region_takes_part(one, t)) return true;
  }
  return false;
}

bool World::in_window(const std::string& check, Time t) const {
  for (const config::Maintenance& window : history_->maintenance) {
    if (!window.excluded) continue;
    const bool now = window.once ? window.once->contains(t)
                                 : window.in_force.contains(t) && inside_hours(*window.weekly, window.time_zone, t);
    if (!now) continue;
    if (window.service.empty()) return true;
    for (const Series& one : history_->series) {
      if (one.key.check == check && in_force(one, t).service == window.service) return true;
    }
  }
  return false;
}

bool World::outside_hours(Time t) const {
  return objective_->hours && !inside_hours(*objective_->hours, objective_->time_zone, t);
}

const Reading* World::speaking(const std::string& check, const std::string& region, Time t) const {
  const auto* all = results(check, region);
  if (all == nullptr || t >= as_of_) return nullptr;
  auto next = std::ranges::upper_bound(*all, t, {}, [](const Reading& result) { return result.row.start; });
  if (next == all->begin()) return nullptr;
  const Reading& last = *std::prev(next);
  if (last.is_void || t >= last.end) return nullptr;
  return region_takes_part(*series(check, region), t) ? &last : nullptr;
}

Now World::of_region(const std::string& check, const std::string& region, Time t, bool strict) const {
  const Reading* result = speaking(check, region, t);
  if (result == nullptr) return Now::unknown;
  if (!strict) return result->confirmed ? Now::down : Now::up;
  const bool retried = result->row.attempts > 1;
  if (retried && is_agent_reason(result->row.first_reason)) return Now::unknown;
  return retried || result->failed ? Now::down : Now::up;
}

int World::min_regions(const Question& question) const {
  if (question.only_region) return 1;
  if (objective_->min_regions) return *objective_->min_regions;
  return listed_ ? static_cast<int>(regions_.size()) / 2 + 1 : 1;
}

Now World::of_check(const std::string& check, Time t, const Question& question) const {
  int known = 0;
  int down = 0;
  for (const std::string& region : regions_) {
    if (question.only_region && *question.only_region != region) continue;
    const Now now = of_region(check, region, t, question.strict);
    if (now == Now::up || now == Now::down) ++known;
    if (now == Now::down) ++down;
  }
  if (known == 0 || known < min_regions(question)) return Now::unknown;
  int needed = 1;
  if (objective_->quorum.kind == config::Quorum::Kind::majority) needed = known / 2 + 1;
  if (objective_->quorum.kind == config::Quorum::Kind::all) needed = known;
  if (objective_->quorum.kind == config::Quorum::Kind::number) needed = std::min(objective_->quorum.number, known);
  return down >= needed ? Now::down : Now::up;
}

Now World::of_objective(Time t, const Question& question) const {
  if (question.exclusions && outside_hours(t)) return Now::excluded;
  bool any_part = false;
  bool all_in_windows = !checks_.empty();
  std::vector<Now> remaining;
  for (const std::string& check : checks_) {
    const bool window = question.exclusions && in_window(check, t);
    all_in_windows = all_in_windows && window;
    if (!takes_part(check, t)) continue;
    any_part = true;
    if (!window) remaining.push_back(of_check(check, t, question));
  }
  if (remaining.empty()) return any_part || all_in_windows ? Now::excluded : Now::unknown;
  const auto has = [&](Now now) { return std::ranges::find(remaining, now) != remaining.end(); };
  const bool any = objective_->combine == config::Combine::any;
  if (has(any ? Now::down : Now::up)) return any ? Now::down : Now::up;
  if (has(Now::unknown)) return Now::unknown;
  return any ? Now::up : Now::down;
}

std::vector<Time> World::moments(const Period& period) const {
  std::set<Time> found{period.from, period.to, as_of_};
  Time first = period.from;
  Time last = period.to;
  bool weekly = objective_->hours.has_value();
  for (const Series& one : history_->series) {
    if (one.first_result) found.insert(*one.first_result);
    for (const Settings& entry : one.settings) found.insert(entry.from);
    for (const Reading& result : results_.at(one.key)) {
      found.insert(result.row.start);
      found.insert(result.end);
      first = std::min(first, result.row.start);
      last = std::max(last, result.end);
    }
  }
  for (const config::Maintenance& window : history_->maintenance) {
    weekly = weekly || window.weekly;
    if (window.once) found.insert({window.once->from, window.once->to});
    for (const Time edge : {window.in_force.from, window.in_force.to}) {
      if (edge != Time::min() && edge != Time::max()) found.insert(edge);
    }
  }
  const auto quarter = std::chrono::minutes(15);
  if (weekly) {
    for (Time t = std::chrono::floor<std::chrono::days>(first); t <= last; t += quarter) found.insert(t);
  }
  return {found.begin(), found.end()};
}

}  // namespace nines::sla::brute
