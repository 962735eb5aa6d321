#pragma once

// Reports with everything a page can show: charts, evidence, credits, a trend. Clocks are fixed, figures agree with the
// strips and slices they stand beside.

#include <string>
#include <utility>
#include <vector>

#include "reports/report.hpp"

namespace nines::test {

// October 2026 of one customer: objectives met and missed, without data and inconclusive; outages, exclusions, credits.
reports::Report rich_report();

// Names that are markup, formulas, very long, or written from right to left.
reports::Report hostile_report();

// Name and model of every report to look at.
std::vector<std::pair<std::string, reports::Report>> documents();

}  // namespace nines::test
