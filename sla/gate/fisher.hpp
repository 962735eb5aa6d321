#pragma once

// Fisher's exact test of a two by two table.

#include <cstdint>

namespace nines::sla::gate {

struct Share {
  std::int64_t above = 0;  // of `all`
  std::int64_t all = 0;
};

// The probability of so many above, or more, in `current` were both shares the same.
// R: fisher.test(rbind(c(current.above, current.all - current.above), c(…baseline…)), alternative = "greater")
double fisher(const Share& baseline, const Share& current);

}  // namespace nines::sla::gate
