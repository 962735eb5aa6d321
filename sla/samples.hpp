#pragma once

// The results that error rate and latency count, regions pooled equally (docs/sla.md, "Figures over a period").

#include <optional>
#include <string>
#include <vector>

#include "sla/model.hpp"
#include "sla/subject.hpp"

namespace nines::sla {

struct ErrorCount {
  std::int64_t errors = 0;
  std::int64_t samples = 0;
};
ErrorCount count_errors(const Subject& subject, const Period& period, const std::string* only_region);

struct Durations {
  std::vector<Micros> finite;  // any order
  std::int64_t infinite = 0;   // `strict`: failures

  std::int64_t count() const { return static_cast<std::int64_t>(finite.size()) + infinite; }
};
Durations collect_durations(const Subject& subject, const Period& period, const std::string* only_region);

// Nearest rank ceil(N/100 x n), exact. None: it falls on a failure (or there is no sample). Reorders `finite`.
std::optional<Micros> nearest_rank(Durations& durations, const Decimal& percentile);

}  // namespace nines::sla
