#pragma once

#include "reports/report.hpp"

namespace nines::test {

// month_report() as the contract "acme" has it: with details, credits, a trend, and two objectives over a Prometheus,
// of which one got no answer.
reports::Report detailed_report();

}  // namespace nines::test
