#pragma once

// The results that error rate and latency count, regions pooled equally (docs/sla.md, "Figures over a period").

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sla/model.hpp"
#include "sla/subject.hpp"

namespace nines::sla {

// Calls `take(row)` for each result that counts: it started in the period, is not void, and its check took part and was
// not excluded then. In time order for each check and region, all regions or one.
template <class Take>
void for_each_sample(const Subject& subject, const Period& period, const std::string* only_region, Take&& take) {
  for (const CheckSubject& check : subject.checks) {
    const Timeline excluded = excluded_for_results(subject, check);
    for (const JudgedSeries& series : check.series) {
      if (only_region != nullptr && series.key().region != *only_region) continue;
      Cursor exclusion(excluded);
      Cursor part(series.part);
      const auto rows = series.spanned.rows();
      const auto first = std::ranges::lower_bound(rows, period.from, {}, &ResultRow::start);
      for (auto row = first; row != rows.end() && row->start < period.to; ++row) {
        if (series.spanned.voids[static_cast<std::size_t>(row - rows.begin())] != 0) continue;
        if (exclusion.at(row->start) == TimeState::excluded || part.at(row->start) == TimeState::absent) continue;
        take(*row);
      }
    }
  }
}

// Whether error rate counts it.
bool is_error(const ResultRow& row, config::ErrorsAre errors);

// What latency takes of a result.
struct LatencySample {
  bool counts = false;
  std::optional<Micros> duration;  // none, where it counts: infinite
};
LatencySample latency_sample(const ResultRow& row, const config::Objective& objective);
// Not under the limit.
bool is_slow(const LatencySample& sample, const config::Limit& target);

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
