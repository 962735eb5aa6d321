#include "reports/credit.hpp"

namespace nines::reports {

CreditDue credit_due(const config::Credits& credits, const sla::Evaluation& evaluation) {
  if (evaluation.running) return {std::nullopt, std::nullopt, "the period is still running"};
  if (evaluation.verdict == sla::Verdict::inconclusive) {
    return {std::nullopt, std::nullopt, "there is no verdict: " + evaluation.why};
  }
  CreditDue due{Decimal(0, 0), std::nullopt, {}};
  const sla::Ratio measured = evaluation.uptime->net.measured();
  for (const config::CreditTier& tier : credits.tiers) {  // in falling order
    if (tier.below.compare_ratio(measured.part, measured.whole) >= 0) break;
    due.percent = tier.percent;
    due.tier = tier;
  }
  return due;
}

}  // namespace nines::reports
