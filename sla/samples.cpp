#include "sla/samples.hpp"

#include <stdexcept>
#include <utility>

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

std::int64_t bad_durations(const Durations& durations, const config::Limit& target) {
  std::int64_t bad = durations.count() - durations.finite();
  durations.each([&](Micros duration, std::int64_t count) {
    if (!holds(target, duration.count())) bad += count;
    return true;
  });
  return bad;
}

bool Counting::of(const Stretch& stretch, const Period& period) {
  const bool inside = period.contains(stretch.first);
  const bool counts = at(stretch.first);
  const bool whole =
      inside == period.contains(stretch.last) && excluded_.stays_until(stretch.last) && part_.stays_until(stretch.last);
  if (!whole) throw std::logic_error("results were condensed over a moment that figures tell apart");
  return inside && counts;
}

namespace {

struct ErrorCounter {
  config::ErrorsAre errors;
  ErrorCount count;

  void operator()(const ResultRow& row) {
    ++count.samples;
    count.errors += is_error(row, errors) ? 1 : 0;
  }
  void operator()(const Series&, const Stretch& stretch) { count.samples += stretch.count; }
};

struct DurationCollector {
  const config::Objective* objective;
  Durations durations;

  void operator()(const ResultRow& row) { add_sample(durations, latency_sample(row, *objective)); }
  void operator()(const Series& series, const Stretch& stretch) { add_samples(durations, series, stretch, *objective); }
};

}  // namespace

ErrorCount count_errors(const Subject& subject, const Period& period, const std::string* only_region) {
  ErrorCounter counter{subject.objective->errors, {}};
  for_each_sample(subject, period, only_region, counter);
  return counter.count;
}

void add_sample(Durations& durations, const LatencySample& sample) {
  if (sample.duration) {
    durations.add(*sample.duration);
  } else if (sample.counts) {
    durations.add_infinite(1);
  }
}

void add_samples(Durations& durations, const Series& series, const Stretch& stretch,
                 const config::Objective& objective) {
  // A check has no measured time.
  const bool measured = series.journey || objective.journeys.empty();
  const auto timed = measured ? static_cast<std::int64_t>(stretch.timed) : 0;
  if (!series.journey && measured && timed != stretch.count) {
    throw std::logic_error("results were condensed without their times");
  }
  if (measured) durations.add(series.times_of(stretch));
  if (objective.of == config::LatencyOf::strict) durations.add_infinite(stretch.count - timed);
}

Durations collect_durations(const Subject& subject, const Period& period, const std::string* only_region) {
  DurationCollector collector{subject.objective, {}};
  for_each_sample(subject, period, only_region, collector);
  return std::move(collector.durations);
}

}  // namespace nines::sla
