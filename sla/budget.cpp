#include "sla/budget.hpp"

#include <limits>

#include "sla/exact.hpp"

namespace nines::sla {
namespace {

double quotient(Int128 numerator, Int128 denominator) {
  return static_cast<double>(static_cast<long double>(numerator) / static_cast<long double>(denominator));
}

// allowed x over - spent and its share of allowed x over, from one exact fraction.
struct Remaining {
  double allowed;
  double remaining;
  std::optional<double> ratio;
};

Remaining remaining_of(const Decimal& allowed, std::int64_t over, std::int64_t spent) {
  const Int128 whole = Int128{allowed.numerator()} * over;
  const Int128 left = whole - Int128{allowed.denominator()} * spent;
  Remaining result{quotient(whole, allowed.denominator()), quotient(left, allowed.denominator()), {}};
  if (whole > 0) {
    result.ratio = quotient(left, whole);
  } else if (spent > 0) {
    result.ratio = -std::numeric_limits<double>::infinity();
  }
  return result;
}

}  // namespace

Decimal allowed_ratio(const config::Objective& objective) {
  switch (objective.indicator) {
    case config::Indicator::uptime:
      return complement(objective.target.value);
    case config::Indicator::error_rate:
      return objective.target.value;
    case config::Indicator::latency:
      return complement(objective.percentile.shifted(-2));
    case config::Indicator::prometheus:
      break;
  }
  return {};
}

TimeBudget time_budget(const Decimal& allowed, Micros over, Micros spent) {
  const Remaining remaining = remaining_of(allowed, over.count(), spent.count());
  TimeBudget budget{allowed, over, spent, 0, 0, 0, remaining.ratio};
  budget.allowed_seconds = remaining.allowed / 1e6;
  budget.spent_seconds = seconds(spent);
  budget.remaining_seconds = remaining.remaining / 1e6;
  return budget;
}

CountBudget count_budget(const Decimal& allowed, std::int64_t over, std::int64_t spent) {
  const Remaining remaining = remaining_of(allowed, over, spent);
  return {allowed, over, remaining.allowed, spent, remaining.ratio};
}

std::optional<double> burn(const Ratio& bad, const Decimal& allowed) {
  if (!bad.known()) return std::nullopt;
  if (bad.part == 0) return 0.0;
  if (allowed.numerator() == 0) return std::numeric_limits<double>::infinity();
  return quotient(Int128{bad.part} * allowed.denominator(), Int128{bad.whole} * allowed.numerator());
}

}  // namespace nines::sla
