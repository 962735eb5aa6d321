#include "store/hour.hpp"

#include <algorithm>

namespace nines::store {
namespace {

constexpr std::int16_t kServerError = 500;

}  // namespace

bool is_plain(const ResultRow& row) {
  return row.origin == Origin::scheduled && row.success() && row.first_reason == Reason::none && row.attempts <= 1 &&
         row.status < kServerError;
}

HourSummary summarize(std::span<const ResultRow> rows) {
  HourSummary summary;
  summary.hour = hour_of(rows.front().start);
  summary.count = static_cast<std::int64_t>(rows.size());
  summary.first = summary.last = rows.front().start;
  summary.interval = rows.front().interval;
  std::uint64_t sum = 0;
  for (const auto& row : rows) {
    summary.gap = std::max(summary.gap, row.start - summary.last);
    summary.last = row.start;
    summary.special += is_plain(row) && row.interval == summary.interval ? 0 : 1;
    if (row.origin != Origin::scheduled) continue;
    summary.failures += !row.success() && !is_agent_fault(row.reason) ? 1 : 0;
    if (!row.success()) continue;
    const bool first = summary.successes++ == 0;
    summary.least = first ? row.duration : std::min(summary.least, row.duration);
    summary.most = first ? row.duration : std::max(summary.most, row.duration);
    sum += static_cast<std::uint64_t>(row.duration.count());
  }
  summary.sum = Micros(static_cast<std::int64_t>(sum));
  return summary;
}

}  // namespace nines::store
