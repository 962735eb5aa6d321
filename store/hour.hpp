#pragma once

// What is known of an hour of a series without a look at its results, so that figures over long periods need not look
// at each: an hour whose results are all plain is told by these numbers and its durations.

#include <cstdint>
#include <span>

#include "base/result.hpp"

namespace nines::store {

inline constexpr Micros kHour = std::chrono::hours(1);

// Since the epoch, rounded down.
inline std::int64_t hour_of(Time time) {
  return std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
}
inline Time start_of_hour(std::int64_t hour) {
  return Time{std::chrono::hours(hour)};
}

// A scheduled success at the first attempt whose status, if it has one, is under 500: nothing else can matter but its
// start, its duration and its measured time.
bool is_plain(const ResultRow& row);

struct HourSummary {
  std::int64_t hour = 0;       // since the epoch
  std::int64_t count = 0;      // results, of any origin
  std::int64_t successes = 0;  // of the scheduled ones
  std::int64_t failures = 0;   // of the scheduled ones, without faults of the agent
  std::int64_t special = 0;    // not plain, or of another interval than the first
  Time first{};                // starts
  Time last{};
  Micros gap{0};       // the longest time from one start to the next
  Micros interval{0};  // of the first result
  Micros sum{0};       // of the durations of the successes, modulo 2^64
  Micros least{0};     // of them; 0 without any
  Micros most{0};

  bool operator==(const HourSummary&) const = default;
};

// Of rows of one hour in order of start; there is at least one.
HourSummary summarize(std::span<const ResultRow> rows);

}  // namespace nines::store
