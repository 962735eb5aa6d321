#pragma once

// Results in the few words that figures need: whoever reads them by the million gives them to a Condenser one after the
// other, or by the hour where a store can tell of an hour without them. Figures are the same to the microsecond.
//
//   Condenser condenser(series, cuts_of(series, moments, history.clock_steps), Times::kept);
//   for (const ResultRow& row : rows) condenser.add(row);

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sla/model.hpp"

namespace nines::sla {

// Whether the single times of results are wanted, as latency does.
enum class Times { kept, left_out };

// The moments that no stretch of the series may cross: `moments`, changes of its settings, steps of its clock. Sorted.
//
// `moments` must hold whatever figures over single results will tell apart: both edges of each period and of its
// slices, as_of, exclusion_edges(), and changes of the check's settings in other regions where they differ from these.
// Uptime alone needs none.
std::vector<Time> cuts_of(const Series& series, std::span<const Time> moments, std::span<const ClockStep> clock_steps);

// The moments at which any window or the objective's hours begin or end within the range. In no order.
std::vector<Time> exclusion_edges(const config::Objective& objective, std::span<const config::Maintenance> maintenance,
                                  const Period& range);

// Successes at the first attempt with a status under 500, all with the same interval, none of them looked at.
struct PlainResults {
  std::int64_t count = 0;
  Time first{};  // starts
  Time last{};
  Micros gap{0};  // the longest time from one start to the next
  Micros interval{0};
  Micros least{0};  // duration
  Micros most{0};
};

// Fills Series::rows, stretches and timed in order of time. Of one thread; the series outlives it, and has its settings
// already.
class Condenser {
 public:
  Condenser(Series& series, std::vector<Time> cuts, Times times);

  // Scheduled results in order of start, no two of the same; others are left out.
  void add(const ResultRow& row);
  // Whether these, which begin after all that was added, can be told together; else each must be added.
  bool takes(const PlainResults& results);
  // Those, with their durations in microseconds, which may be missing where times are left out. Never of journeys.
  void add(const PlainResults& results, std::span<const Micros> durations);

 private:
  Micros stale_after_at(Time start, Micros interval);
  void extend(Time first, Time last, std::int64_t count, Micros stale_after);
  bool fits(const ResultRow& row, Micros stale_after) const;

  Series* series_;
  std::vector<Time> cuts_;
  Times times_;
  std::size_t next_cut_ = 0;     // the first after what is being added
  std::size_t settings_ = 0;     // in force there
  bool open_ = false;            // the last stretch may go on
  std::size_t cuts_before_ = 0;  // next_cut_ of that stretch
  // What stale_after_at() said last: it changes with the interval and over a cut.
  Micros known_interval_{-1};
  std::size_t known_cut_ = 0;
  Micros known_stale_after_{0};
};

// Adds what was condensed of the same series from a later moment on, which was a cut for both.
void append(Series& to, Series&& later);

}  // namespace nines::sla
