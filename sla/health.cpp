#include "sla/health.hpp"

namespace nines::sla {
namespace {

// Only recovery leads out of warning and critical; a first result makes the check up, whatever it was.
State next_state(const Health& health, const config::Thresholds& thresholds) {
  if (health.failures >= thresholds.critical) return State::critical;
  if (health.failures >= thresholds.warning && health.state != State::critical) return State::warning;
  const bool troubled = health.state == State::warning || health.state == State::critical;
  if (troubled && health.successes < thresholds.recovery) return health.state;
  return State::up;
}

}  // namespace

std::string_view state_name(State state) {
  switch (state) {
    case State::unknown:
      return "unknown";
    case State::up:
      return "up";
    case State::warning:
      return "warning";
    case State::critical:
      return "critical";
  }
  return "unknown";
}

bool advance(Health& health, const ResultRow& row, const config::Thresholds& thresholds) {
  if (is_agent_fault(row.reason)) return false;
  health.failures = row.success() ? 0 : health.failures + 1;
  health.successes = row.success() ? health.successes + 1 : 0;
  health.last_result = row.start;
  const State before = health.state;
  health.state = next_state(health, thresholds);
  if (health.state == before) return false;
  health.since = row.start;
  return true;
}

State shown(const Health& health, Time now, Micros stale_after) {
  if (health.state == State::unknown || now - health.last_result >= stale_after) return State::unknown;
  return health.state;
}

}  // namespace nines::sla
