#pragma once

// Exact comparisons of figures with limits: no double decides anything.

#include <compare>
#include <cstdint>

#include "base/decimal.hpp"
#include "config/objectives.hpp"

namespace nines::sla {

__extension__ using Int128 = __int128;

inline bool holds(std::strong_ordering order, config::Comparison op) {
  switch (op) {
    case config::Comparison::less:
      return order < 0;
    case config::Comparison::less_equal:
      return order <= 0;
    case config::Comparison::greater:
      return order > 0;
    case config::Comparison::greater_equal:
      return order >= 0;
  }
  return false;
}

// part / whole compared with the limit; whole > 0. A plain number (a latency in microseconds) has whole 1.
inline bool holds(const config::Limit& limit, std::int64_t part, std::int64_t whole = 1) {
  return holds(limit.value.compare_ratio(part, whole), limit.op);
}

// Infinity is over every limit.
inline bool holds_for_infinity(const config::Limit& limit) {
  return limit.op == config::Comparison::greater || limit.op == config::Comparison::greater_equal;
}

// 1 - ratio
inline Decimal complement(const Decimal& ratio) {
  return {ratio.denominator() - ratio.numerator(), ratio.scale()};
}

}  // namespace nines::sla
