#pragma once

// What was in force for a check at a moment, and when it takes part (docs/sla.md, "Settings change").

#include <span>
#include <vector>

#include "sla/model.hpp"
#include "sla/timeline.hpp"

namespace nines::sla {

// Reads settings at moments that never go back; before the first entry, the earliest known. No entry: the defaults.
class SettingsCursor {
 public:
  explicit SettingsCursor(std::span<const Settings> settings) : settings_(settings) {}
  const Settings& at(Time moment);

 private:
  std::span<const Settings> settings_;
  std::size_t current_ = 0;
};

inline constexpr Micros default_stale_after(Micros interval) {
  return interval * 5 / 2;
}

// A result from before the first load goes by its own interval where it names one: that stands in for the earliest
// settings' interval, and for the stale_after that follows from it; a stale_after set by hand stays.
Micros interval_of(const ResultRow& row, const Settings& in_force);
Micros stale_after_of(const ResultRow& row, const Settings& in_force);

// `up` while the check takes part as this region knows it, else `absent`.
Timeline participation(const Series& series);

}  // namespace nines::sla
