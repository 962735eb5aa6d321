#include "sla/gate/mann_whitney.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sla/gate/distributions.hpp"

namespace nines::sla::gate {
namespace {

// The quantile of a standard normal at 0.975.
constexpr double kNormal975 = 1.959963984540054;

double as_double(std::int64_t value) {
  return static_cast<double>(value);
}

std::int64_t size_of(std::span<const Micros> sample) {
  return static_cast<std::int64_t>(sample.size());
}

struct Ranks {
  std::int64_t twice_u = 0;  // 2 for each pair whose current value is larger, 1 for each tie
  double ties = 0;           // the sum of t^3 - t over groups of t equal values
  bool tied = false;
};

// Walks through both samples from the smallest value on, a group of equal values at a time.
Ranks rank(std::span<const Micros> baseline, std::span<const Micros> current, Scale scale) {
  Ranks ranks;
  std::size_t b = 0;
  std::size_t c = 0;
  const auto base = [&](std::size_t i) { return baseline[i].count() * scale.numerator; };
  const auto now = [&](std::size_t i) { return current[i].count() * scale.denominator; };
  while (b < baseline.size() || c < current.size()) {
    const std::int64_t value = b == baseline.size()  ? now(c)
                               : c == current.size() ? base(b)
                                                     : std::min(base(b), now(c));
    const std::size_t b_before = b;
    const std::size_t c_before = c;
    while (b < baseline.size() && base(b) == value) ++b;
    while (c < current.size() && now(c) == value) ++c;
    const auto from_baseline = static_cast<std::int64_t>(b - b_before);
    const auto from_current = static_cast<std::int64_t>(c - c_before);
    ranks.twice_u += from_current * (2 * static_cast<std::int64_t>(b_before) + from_baseline);
    const double group = as_double(from_baseline + from_current);
    ranks.tied = ranks.tied || group > 1;
    ranks.ties += group * group * group - group;
  }
  return ranks;
}

// How often U takes each value of 0 … n x m among all arrangements without ties, as counts: at most 1.4e11 for
// kMostExactPairs, which a double holds exactly. The product of (1 - x^(m+i)) / (1 - x^i) over i = 1 … n.
std::vector<double> arrangements(std::int64_t n, std::int64_t m) {
  const auto most = static_cast<std::size_t>(n * m);
  std::vector<double> counts(most + 1, 0);
  counts[0] = 1;
  for (std::int64_t i = 1; i <= n; ++i) {
    const auto over = static_cast<std::size_t>(m + i);
    for (std::size_t u = most; u >= over && u <= most; --u) counts[u] -= counts[u - over];
    const auto under = static_cast<std::size_t>(i);
    for (std::size_t u = under; u <= most; ++u) counts[u] += counts[u - under];
  }
  return counts;
}

double exact_tail(std::int64_t u, std::int64_t n, std::int64_t m) {
  double all = 0;
  double tail = 0;
  const std::vector<double> counts = arrangements(n, m);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    all += counts[i];
    if (static_cast<std::int64_t>(i) >= u) tail += counts[i];
  }
  return tail / all;
}

// The smallest q with P(U <= q) >= 0.025, as R's qwilcox() finds it.
std::int64_t exact_quantile(std::int64_t n, std::int64_t m) {
  constexpr double kFuzz = 2.220446049250313e-15;  // R's, 10 x the machine's precision
  const std::vector<double> counts = arrangements(n, m);
  double all = 0;
  for (const double count : counts) all += count;
  double below = 0;
  for (std::size_t q = 0; q < counts.size(); ++q) {
    below += counts[q] / all;
    if (below >= 0.025 - kFuzz) return static_cast<std::int64_t>(q);
  }
  return n * m;
}

double deviation(const Ranks& ranks, std::int64_t n, std::int64_t m) {
  const double all = as_double(n + m);
  return std::sqrt(as_double(n) * as_double(m) / 12 * (all + 1 - ranks.ties / (all * (all - 1))));
}

// How many differences current - baseline are at most `limit`.
std::int64_t count_up_to(std::int64_t limit, std::span<const Micros> baseline, std::span<const Micros> current) {
  std::int64_t count = 0;
  std::size_t under = 0;  // current values that make at most `limit` with this baseline value
  for (const Micros value : baseline) {
    while (under < current.size() && current[under].count() - value.count() <= limit) ++under;
    count += static_cast<std::int64_t>(under);
  }
  return count;
}

// The difference of this rank, the smallest having rank 0, of all pairs, none of which is written down.
std::int64_t difference(std::int64_t rank, std::span<const Micros> baseline, std::span<const Micros> current) {
  std::int64_t low = current.front().count() - baseline.back().count();
  std::int64_t high = current.back().count() - baseline.front().count();
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (count_up_to(middle, baseline, current) > rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

MannWhitney mann_whitney(std::span<const Micros> baseline, std::span<const Micros> current, Scale scale) {
  const Ranks ranks = rank(baseline, current, scale);
  const std::int64_t n = size_of(current);
  const std::int64_t m = size_of(baseline);
  MannWhitney result;
  result.u = as_double(ranks.twice_u) / 2;
  result.exact = !ranks.tied && n * m <= kMostExactPairs;
  if (result.exact) {
    result.p_value = exact_tail(ranks.twice_u / 2, n, m);
    return result;
  }
  const double sigma = deviation(ranks, n, m);
  // All values are the same: nothing speaks for a difference.
  if (sigma == 0) return result;
  result.p_value = normal_tail((result.u - as_double(n) * as_double(m) / 2 - 0.5) / sigma);
  return result;
}

Shift hodges_lehmann(std::span<const Micros> baseline, std::span<const Micros> current) {
  const std::int64_t n = size_of(current);
  const std::int64_t m = size_of(baseline);
  const std::int64_t pairs = n * m;
  const auto at = [&](std::int64_t rank) {
    return difference(std::clamp<std::int64_t>(rank, 0, pairs - 1), baseline, current);
  };
  Shift shift;
  shift.estimate = (as_double(at((pairs - 1) / 2)) + as_double(at(pairs / 2))) / 2;
  const Ranks ranks = rank(baseline, current, {});
  std::int64_t outside = 0;  // differences left out at either end
  if (!ranks.tied && pairs <= kMostExactPairs) {
    outside = std::max<std::int64_t>(exact_quantile(n, m), 1) - 1;
  } else {
    // The shift at which U, corrected for continuity, is 1.96 standard deviations from its mean.
    const double reach = 0.5 + kNormal975 * deviation(ranks, n, m);
    outside = static_cast<std::int64_t>(std::ceil(as_double(pairs) / 2 - reach)) - 1;
    outside = std::max<std::int64_t>(outside, 0);
  }
  shift.low = at(outside);
  shift.high = at(pairs - 1 - outside);
  return shift;
}

}  // namespace nines::sla::gate
