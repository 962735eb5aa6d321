#pragma once

// How an objective went over its period: hours, slices, the distribution of latency, the error budget as it was spent.
// Pure; any thread; the same input gives the same output. Sums agree with the figures: the cells' times with the
// period's net times to the microsecond, the slices' counts with its samples.

#include "reports/detail.hpp"
#include "sla/subject.hpp"

namespace nines::reports {

// strip, slices, distribution, p50, p95, p99 and budget of an evaluation that was made from this subject; the rest is
// empty. A strip of more than 400 days has a cell a day instead of an hour.
Detail over_time(const sla::Subject& subject, const sla::Evaluation& evaluation);

// What to cut `period` into for a chart: even slices of a span that people know, 14 to 45 of them (fewer of less than
// 14 s), the last one shorter where they do not fit. A month has days, a day has hours.
std::vector<Period> slices_of(const Period& period);

}  // namespace nines::reports
