#pragma once

// How `nines check` tells what it saw.

#include <string>
#include <vector>

#include "agent/runner.hpp"

namespace nines::agent {

// For people: one line a check with its phases, aligned; the reason under it when it failed; a line per step of a
// journey. `color`: for a terminal.
std::string check_text(const std::vector<RunReport>& reports, bool color);
// {"results": [{check, service, success, reason, message, status, duration_ms, phases_ms, …, steps[]}]}
std::string check_json(const std::vector<RunReport>& reports);
// A suite for each check or journey, a case for each step.
std::string check_junit(const std::vector<RunReport>& reports);

}  // namespace nines::agent
