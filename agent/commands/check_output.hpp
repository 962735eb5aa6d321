#pragma once

// How `nines check` tells what it saw.

#include <string>
#include <vector>

#include "agent/runner.hpp"

namespace nines::agent {

// With exchanges, when they were recorded (agent/commands/exchange_output.hpp).

// For people: one line a check with its phases, aligned; the reason under it when it failed; a line per step of a
// journey. `color`: for a terminal. On one that is `columns` wide, unless it is too narrow, steps have bars in place of
// their phases: a waterfall, as wide as the run was long, its cleanup included. 0: not a terminal.
std::string check_text(const std::vector<RunReport>& reports, bool color, std::size_t columns = 0);
// {"results": [{check, service, success, reason, message, status, duration_ms, phases_ms, …, steps[]}]}
std::string check_json(const std::vector<RunReport>& reports);
// A suite for each check or journey, a case for each step.
std::string check_junit(const std::vector<RunReport>& reports);

}  // namespace nines::agent
