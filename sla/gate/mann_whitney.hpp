#pragma once

// The Mann-Whitney (Wilcoxon) rank sum test and the Hodges-Lehmann shift that goes with it, as R's wilcox.test()
// computes them. All samples are sorted.

#include <cstdint>
#include <optional>
#include <span>

#include "base/time.hpp"

namespace nines::sla::gate {

// A factor on a sample, kept as a fraction so that scaled values tie exactly where they are equal.
struct Scale {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
};

struct MannWhitney {
  double u = 0;        // pairs in which the current value is the larger one, ties as half: R's W of (current, baseline)
  double p_value = 1;  // of "current values are not larger"
  bool exact = false;  // from the distribution of U itself; else normal, corrected for ties and continuity
};

// Exact where there are no ties and at most this many pairs.
inline constexpr std::int64_t kMostExactPairs = 400;

// Whether current values tend to be larger than baseline values times `scale`. Neither is empty.
// R: wilcox.test(current, scale * baseline, alternative = "greater")
MannWhitney mann_whitney(std::span<const Micros> baseline, std::span<const Micros> current, Scale scale = {});

// How much larger, in microseconds: the median of all differences current - baseline (Hodges and Lehmann, 1963), and
// its 95 % interval, from the distribution that the unscaled test uses.
// R: wilcox.test(current, baseline, conf.int = TRUE)
struct Shift {
  double estimate = 0;
  std::int64_t low = 0;
  std::int64_t high = 0;
};
Shift hodges_lehmann(std::span<const Micros> baseline, std::span<const Micros> current);

}  // namespace nines::sla::gate
