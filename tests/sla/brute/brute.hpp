#pragma once

// A second, plain reading of docs/sla.md, to hold the real one against: collect every moment at which anything can
// change, and at each moment between two of them ask every definition anew. Shares only the data types and no code
// with sla/; local time comes from the C library. Slow, for tests only; not for several threads (it sets TZ).

#include <span>
#include <string>
#include <vector>

#include "sla/model.hpp"

namespace nines::sla::brute {

// Everything but `why` and the doubles of the budgets. Weekly hours must lie on quarters of an hour.
Evaluation evaluate(const config::Objective& objective, const ReportPeriod& period, Time as_of, const History& history,
                    std::span<const std::string> regions);

// Empty when both say the same; else the first figure that differs, with both values.
std::string difference(const Evaluation& plain, const Evaluation& fast);

}  // namespace nines::sla::brute
