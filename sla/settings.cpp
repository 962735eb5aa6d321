#include "sla/settings.hpp"

#include <algorithm>
#include <optional>

#include "base/result.hpp"

namespace nines::sla {
namespace {

bool before_first_load(const ResultRow& row, const Settings& in_force) {
  return row.start < in_force.from;
}

bool goes_by_own_interval(const ResultRow& row, const Settings& in_force) {
  return row.interval.count() > 0 && before_first_load(row, in_force);
}

std::optional<Time> first_result(const Series& series) {
  std::optional<Time> first = series.first_result;
  for (const ResultRow& row : series.rows) {
    if (row.origin == Origin::scheduled && (!first || row.start < *first)) first = row.start;
  }
  if (!series.stretches.empty() && (!first || series.stretches.front().first < *first)) {
    first = series.stretches.front().first;
  }
  return first;
}

}  // namespace

const Settings& SettingsCursor::at(Time moment) {
  static const Settings kDefaults;
  if (settings_.empty()) return kDefaults;
  while (current_ + 1 < settings_.size() && settings_[current_ + 1].from <= moment) ++current_;
  return settings_[current_];
}

Micros interval_of(const ResultRow& row, const Settings& in_force) {
  return goes_by_own_interval(row, in_force) || in_force.interval.count() == 0 ? row.interval : in_force.interval;
}

Micros stale_after_of(const ResultRow& row, const Settings& in_force) {
  const bool by_default =
      in_force.stale_after.count() == 0 || in_force.stale_after == default_stale_after(in_force.interval);
  return by_default ? default_stale_after(interval_of(row, in_force)) : in_force.stale_after;
}

Timeline participation(const Series& series) {
  Timeline line(TimeState::absent);
  const auto first = first_result(series);
  if (first && (series.settings.empty() || *first < series.settings.front().from)) line.set(*first, TimeState::up);
  for (const Settings& entry : series.settings) line.set(entry.from, entry.removed ? TimeState::absent : TimeState::up);
  return line;
}

}  // namespace nines::sla
