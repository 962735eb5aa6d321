#pragma once

// Figures as text: rounded towards the miss, three decimals, and more where the printed value would otherwise stand on
// the other side of its target than the exact one (docs/sla.md, "Printed figures"). Exact: no double is involved.
//
//   print_percent({9989999, 10000000}, RoundTo::down)                  // "99.899%"
//   print_percent({9990000, 10000000}, RoundTo::down, &at_least_99_9)  // "99.900%"
//   print_percent({9999, 10000000}, RoundTo::up, &under_0_1_percent)   // "0.09999%": "0.100%" would be a miss

#include <string>

#include "sla/model.hpp"

namespace nines::sla {

// Towards the miss: uptime, coverage, remaining budget down; error rate, latency, downtime, burn rate up.
enum class RoundTo { down, up };

// "99.950%", "n/a" where nothing is known. `limit` is a ratio, as Objective::target has it.
std::string print_percent(const Ratio& ratio, RoundTo round, const config::Limit* limit = nullptr);

// "412.345 ms": microseconds need no rounding.
std::string print_latency(Micros duration);

// What a query gave: "83.123%" of a ratio or percentage, "412.345 ms" of a time, else the number as it is. Rounded
// towards the miss of the limit, which is in the same unit, with more decimals where it would stand on its other side.
std::string print_value(double value, config::Unit unit, const config::Limit& limit);

// "760.124 s", rounded up: downtime, and what else is worse the longer it is.
std::string print_downtime(Micros duration);

// The remaining ratio of a budget: "63.333%", "-20.000%", "n/a" where nothing was allowed and nothing spent,
// "exhausted" where nothing was allowed.
std::string print_remaining(const TimeBudget& budget);
std::string print_remaining(const CountBudget& budget);

// "14.400", "+Inf", "n/a".
std::string print_burn(const std::optional<double>& burn_rate);

}  // namespace nines::sla
