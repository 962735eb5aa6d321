#pragma once

// Verdicts, in the order docs/sla.md gives ("Verdict and level").

#include <optional>

#include "sla/model.hpp"

namespace nines::sla {

// Up, down and unknown time judged against a limit. Nothing known: inconclusive.
Verdict judge_uptime(const config::Limit& limit, const Decimal& min_coverage, Micros up, Micros down, Micros unknown);

bool enough(const Ratio& coverage, const Decimal& min_coverage);
Decimal min_coverage_of(const config::Objective& objective);
// The same limit seen from its other side: met where it is not crossed.
config::Limit not_crossing(const config::Limit& critical);

}  // namespace nines::sla
