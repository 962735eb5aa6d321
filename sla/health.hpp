#pragma once

// Health of one check, live: 3 failures in a row are a warning, 5 are critical (docs/sla.md, "Health states").

#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "config/checks.hpp"

namespace nines::sla {

enum class State { unknown, up, warning, critical };
std::string_view state_name(State state);

// What survives a restart. Copyable; one thread at a time.
struct Health {
  State state = State::unknown;
  int failures = 0;   // consecutive, up to now
  int successes = 0;  // consecutive, up to now
  Time last_result{};
  Time since{};  // when `state` was entered: the start of the result that did it
  bool operator==(const Health&) const = default;
};

// Takes the next result; true when the state changed. A void result (agent fault) changes nothing.
bool advance(Health& health, const ResultRow& row, const config::Thresholds& thresholds);

// The state shown at `now`: unknown when the last result is older than stale_after (counters are kept).
State shown(const Health& health, Time now, Micros stale_after);

}  // namespace nines::sla
