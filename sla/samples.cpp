#include "sla/samples.hpp"

#include <algorithm>

#include "sla/exact.hpp"

namespace nines::sla {
namespace {

// Calls `take` for each result that counts: it started in the period, is not void, and its check took part and was
// not excluded then.
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

// A failure that an import brings without a reason says by its status whether an answer came.
bool answer_was_complete(const ResultRow& row) {
  return row.reason == Reason::imported ? row.status != 0 : is_complete_answer(row.reason);
}

bool is_error(const ResultRow& row, config::ErrorsAre errors) {
  if (errors == config::ErrorsAre::failures) return !row.success();
  const bool server_status = row.status >= 500 && row.status <= 599;
  return server_status || (!row.success() && !answer_was_complete(row));
}

}  // namespace

ErrorCount count_errors(const Subject& subject, const Period& period, const std::string* only_region) {
  ErrorCount count;
  for_each_sample(subject, period, only_region, [&](const ResultRow& row) {
    ++count.samples;
    count.errors += is_error(row, subject.objective->errors) ? 1 : 0;
  });
  return count;
}

Durations collect_durations(const Subject& subject, const Period& period, const std::string* only_region) {
  const bool journeys = !subject.objective->journeys.empty();
  const config::LatencyOf of = subject.objective->of;
  Durations durations;
  for_each_sample(subject, period, only_region, [&](const ResultRow& row) {
    const Micros duration = journeys ? row.measured : row.duration;
    const bool counts = of == config::LatencyOf::all || row.success();
    if (counts && duration != ResultRow::kNone) {
      durations.finite.push_back(duration);
    } else if (of == config::LatencyOf::strict) {
      ++durations.infinite;
    }
  });
  return durations;
}

std::optional<Micros> nearest_rank(Durations& durations, const Decimal& percentile) {
  if (durations.count() == 0) return std::nullopt;
  const Int128 hundredths = Int128{100} * percentile.denominator();
  const Int128 scaled = Int128{percentile.numerator()} * durations.count();
  const Int128 rank = std::max<Int128>(1, (scaled + hundredths - 1) / hundredths);
  if (rank > static_cast<Int128>(durations.finite.size())) return std::nullopt;
  const auto at = durations.finite.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::ranges::nth_element(durations.finite, at);
  return *at;
}

}  // namespace nines::sla
