#pragma once

// A check that changes its state again and again.

#include <chrono>
#include <deque>

#include "base/time.hpp"
#include "sla/health.hpp"

namespace nines::agent {

inline constexpr int kFlapChanges = 6;
inline constexpr Micros kFlapWithin = std::chrono::minutes(30);
inline constexpr Micros kFlapQuiet = std::chrono::minutes(15);

// Of one check. kFlapChanges changes of state within kFlapWithin make it flapping, until it has changed for kFlapQuiet
// no more. Becoming known or unknown is no change. Plain arithmetic; one thread at a time.
class Flapping {
 public:
  // Times never go back.
  void change(Time at, sla::State from, sla::State to);
  // As an alert from before a restart has it: it flaps, and changed last at `at`.
  void resume(Time at, sla::State worst);
  bool flaps(Time now) const;
  sla::State worst() const { return worst_; }  // since it flaps
  Time since() const { return since_; }        // the change that made it flap
  // Of the last kFlapWithin, but all since it flaps.
  int changes() const { return count_; }

 private:
  std::deque<Time> changes_;  // of the last kFlapWithin before the last
  Time last_{};
  Time since_{};  // epoch: it did not flap when it changed last
  int count_ = 0;
  sla::State worst_ = sla::State::unknown;
};

}  // namespace nines::agent
