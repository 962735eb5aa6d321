#pragma once

// Reports and status models with fixed clocks, and golden files.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/report.hpp"
#include "reports/status_page.hpp"

namespace nines::test {

Time at(std::string_view rfc3339);

// October 2026 of four objectives: an uptime that misses with two outages, an uptime that meets though strict uptime
// misses, a latency, an error rate.
reports::Report month_report();

// A month without data, a running month, a latency with an infinite figure, names that are markup.
reports::Report odd_report();

// Name and model of every page to look at.
std::vector<std::pair<std::string, reports::StatusModel>> status_samples();

// Compares with tests/reports/golden/NAME; with NINES_UPDATE_GOLDEN=1 writes it instead.
void check_golden(const std::string& name, const std::string& text);

}  // namespace nines::test
