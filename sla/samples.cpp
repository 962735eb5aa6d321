#include "sla/samples.hpp"

#include <algorithm>

#include "sla/exact.hpp"

namespace nines::sla {
namespace {

// A failure that an import brings without a reason says by its status whether an answer came.
bool answer_was_complete(const ResultRow& row) {
  return row.reason == Reason::imported ? row.status != 0 : is_complete_answer(row.reason);
}

}  // namespace

bool is_error(const ResultRow& row, config::ErrorsAre errors) {
  if (errors == config::ErrorsAre::failures) return !row.success();
  const bool server_status = row.status >= 500 && row.status <= 599;
  return server_status || (!row.success() && !answer_was_complete(row));
}

LatencySample latency_sample(const ResultRow& row, const config::Objective& objective) {
  const Micros duration = objective.journeys.empty() ? row.duration : row.measured;
  const bool finite = (objective.of == config::LatencyOf::all || row.success()) && duration != ResultRow::kNone;
  if (finite) return {true, duration};
  return {objective.of == config::LatencyOf::strict, std::nullopt};
}

bool is_slow(const LatencySample& sample, const config::Limit& target) {
  return !sample.duration || !holds(target, sample.duration->count());
}

ErrorCount count_errors(const Subject& subject, const Period& period, const std::string* only_region) {
  ErrorCount count;
  for_each_sample(subject, period, only_region, [&](const ResultRow& row) {
    ++count.samples;
    count.errors += is_error(row, subject.objective->errors) ? 1 : 0;
  });
  return count;
}

Durations collect_durations(const Subject& subject, const Period& period, const std::string* only_region) {
  Durations durations;
  for_each_sample(subject, period, only_region, [&](const ResultRow& row) {
    const LatencySample sample = latency_sample(row, *subject.objective);
    if (sample.duration) {
      durations.finite.push_back(*sample.duration);
    } else if (sample.counts) {
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
