#include "sla/verdict.hpp"

#include <algorithm>

#include "sla/exact.hpp"

namespace nines::sla {

Verdict judge_uptime(const config::Limit& limit, const Decimal& min_coverage, Micros up, Micros down, Micros unknown) {
  const Micros known = up + down;
  const Micros whole = known + unknown;
  if (known == Micros(0)) return Verdict::inconclusive;
  const Micros worst = up;
  const Micros best = up + unknown;
  if (holds(limit, worst.count(), whole.count())) return Verdict::met;
  if (!holds(limit, best.count(), whole.count())) return Verdict::missed;
  if (!enough({known.count(), whole.count()}, min_coverage)) return Verdict::inconclusive;
  return holds(limit, up.count(), known.count()) ? Verdict::met : Verdict::missed;
}

bool enough(const Ratio& coverage, const Decimal& min_coverage) {
  return coverage.known() && min_coverage.compare_ratio(coverage.part, coverage.whole) >= 0;
}

Decimal min_coverage_of(const config::Objective& objective) {
  if (objective.min_coverage) return *objective.min_coverage;
  const Decimal least(99, 2);
  return objective.indicator == config::Indicator::uptime ? std::max(least, objective.target.value) : least;
}

config::Limit not_crossing(const config::Limit& critical) {
  config::Limit limit = critical;
  switch (critical.op) {
    case config::Comparison::less:
      limit.op = config::Comparison::greater_equal;
      break;
    case config::Comparison::less_equal:
      limit.op = config::Comparison::greater;
      break;
    case config::Comparison::greater:
      limit.op = config::Comparison::less_equal;
      break;
    case config::Comparison::greater_equal:
      limit.op = config::Comparison::less;
      break;
  }
  return limit;
}

}  // namespace nines::sla
