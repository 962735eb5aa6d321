#pragma once

// Pages of checks with fixed clocks.

#include <string>
#include <utility>
#include <vector>

#include "reports/check_page.hpp"

namespace nines::test {

// tasks-api, critical since 02:12 of Oct 14, with all that there can be on its page.
reports::CheckPage critical_check();
// A journey whose last run failed at its second step.
reports::CheckPage failing_journey();
// One that never ran, of which nothing is stored.
reports::CheckPage new_check();

// Name and model of every page to look at.
std::vector<std::pair<std::string, reports::CheckPage>> check_pages();

}  // namespace nines::test
