#pragma once

// The results that error rate and latency count, regions pooled equally (docs/sla.md, "Figures over a period").

#include <algorithm>
#include <optional>
#include <string>

#include "sla/durations.hpp"
#include "sla/model.hpp"
#include "sla/subject.hpp"

namespace nines::sla {

// Reads whether a result of one series counts, at moments that never go back.
class Counting {
 public:
  Counting(const Timeline& excluded, const Timeline& part) : excluded_(excluded), part_(part) {}
  bool at(Time moment) {
    const bool excluded = excluded_.at(moment) == TimeState::excluded;
    const bool absent = part_.at(moment) == TimeState::absent;
    return !excluded && !absent;
  }
  // The same for the whole of a stretch that lies in the period or beside it. Throws std::logic_error where it is cut:
  // it was condensed without the moments that matter here.
  bool of(const Stretch& stretch, const Period& period);

 private:
  Cursor excluded_;
  Cursor part_;
};

// Calls `take(row)` or `take(series, stretch)` for each result that counts: it started in the period, is not void, and
// its check took part and was not excluded then. All regions or one; first the rows of each check and region in order
// of time, then its stretches in order of time.
template <class Take>
void for_each_sample(const Subject& subject, const Period& period, const std::string* only_region, Take&& take) {
  for (const CheckSubject& check : subject.checks) {
    const Timeline excluded = excluded_for_results(subject, check);
    for (const JudgedSeries& judged : check.series) {
      if (only_region != nullptr && judged.key().region != *only_region) continue;
      const auto rows = judged.spanned.rows();
      Counting row_counts(excluded, judged.part);
      const auto first = std::ranges::lower_bound(rows, period.from, {}, &ResultRow::start);
      for (auto row = first; row != rows.end() && row->start < period.to; ++row) {
        if (judged.spanned.voids[static_cast<std::size_t>(row - rows.begin())] != 0) continue;
        if (row_counts.at(row->start)) take(*row);
      }
      const auto stretches = judged.spanned.stretches();
      Counting stretch_counts(excluded, judged.part);
      auto stretch = std::ranges::lower_bound(stretches, period.from, {}, &Stretch::last);
      for (; stretch != stretches.end() && stretch->first < period.to; ++stretch) {
        if (stretch_counts.of(*stretch, period)) take(*judged.spanned.series, *stretch);
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
// How many are not under the limit.
std::int64_t bad_durations(const Durations& durations, const config::Limit& target);

struct ErrorCount {
  std::int64_t errors = 0;
  std::int64_t samples = 0;
};
ErrorCount count_errors(const Subject& subject, const Period& period, const std::string* only_region);

Durations collect_durations(const Subject& subject, const Period& period, const std::string* only_region);
// The same one by one: what latency takes of a result, of a stretch.
void add_sample(Durations& durations, const LatencySample& sample);
void add_samples(Durations& durations, const Series& series, const Stretch& stretch,
                 const config::Objective& objective);

}  // namespace nines::sla
