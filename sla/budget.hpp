#pragma once

// Error budgets and burn rates (docs/sla.md, "error budget", "burn rate", "allowed").

#include <cstdint>
#include <optional>

#include "sla/model.hpp"

namespace nines::sla {

// The bad share an objective allows: 1 - target for uptime, the target for error rate, 1 - N/100 for latency.
Decimal allowed_ratio(const config::Objective& objective);

TimeBudget time_budget(const Decimal& allowed, Micros over, Micros spent);
CountBudget count_budget(const Decimal& allowed, std::int64_t over, std::int64_t spent);

// bad / allowed; 0 without bad ones, +infinity where nothing is allowed; none where nothing is known.
std::optional<double> burn(const Ratio& bad, const Decimal& allowed);

}  // namespace nines::sla
