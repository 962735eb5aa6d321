#include <algorithm>
#include <utility>

#include "base/result.hpp"
#include "sla/judged.hpp"
#include "sla/settings.hpp"

namespace nines::sla {
namespace {

bool scheduled(const ResultRow& row) {
  return row.origin == Origin::scheduled;
}

std::vector<Time> steps_of(std::span<const ClockStep> clock_steps, const std::string& region) {
  std::vector<Time> times;
  for (const ClockStep& step : clock_steps) {
    if (step.region == region) times.push_back(step.at);
  }
  std::ranges::sort(times);
  return times;
}

}  // namespace

OrderedRows::OrderedRows(const Series& series) : rows_(series.rows) {
  if (std::ranges::all_of(rows_, scheduled) && std::ranges::is_sorted(rows_, {}, &ResultRow::start)) return;
  // By place in the series among equal starts (std::stable_sort is deprecated in libstdc++ 12 as clang sees it).
  std::vector<const ResultRow*> order;
  for (const ResultRow& row : series.rows) {
    if (scheduled(row)) order.push_back(&row);
  }
  std::ranges::sort(order, {}, [](const ResultRow* row) { return std::pair(row->start, row); });
  for (const ResultRow* row : order) copy_.push_back(*row);
  rows_ = copy_;
}

SpannedSeries spanned(const Series& series, std::span<const ClockStep> clock_steps) {
  SpannedSeries result{&series, OrderedRows(series), {}, {}};
  const auto rows = result.rows();
  result.ends.reserve(rows.size());
  result.voids.reserve(rows.size());
  const auto steps = steps_of(clock_steps, series.key.region);
  auto step = steps.begin();
  SettingsCursor settings(series.settings);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ResultRow& row = rows[i];
    Time end = row.start + std::max(stale_after_of(row, settings.at(row.start)), row.duration);
    if (i + 1 < rows.size()) end = std::min(end, rows[i + 1].start);
    while (step != steps.end() && *step <= row.start) ++step;
    if (step != steps.end()) end = std::min(end, *step);
    result.ends.push_back(end);
    result.voids.push_back(is_agent_fault(row.reason) ? 1 : 0);
  }
  return result;
}

namespace {

bool strict_void(const ResultRow& row) {
  return row.attempts > 1 && is_agent_fault(row.first_reason);
}
// A second attempt is only made when the first has failed.
bool strict_failure(const ResultRow& row) {
  return row.attempts > 1 || !row.success();
}

}  // namespace

JudgedSeries judge(SpannedSeries spanned, std::optional<int> confirm_after, Time as_of) {
  JudgedSeries judged{std::move(spanned), {}, Timeline(), Timeline(), Timeline()};
  const SpannedSeries& from = judged.spanned;
  judged.runs = confirmed_runs(from, confirm_after);
  judged.part = participation(*from.series);
  const auto rows = from.rows();
  auto run = judged.runs.begin();
  for (std::size_t i = 0; i < rows.size() && rows[i].start < as_of; ++i) {
    if (from.voids[i] != 0) continue;
    while (run != judged.runs.end() && run->last < i) ++run;
    const bool down = run != judged.runs.end() && run->first <= i;
    const Time end = std::min(from.ends[i], as_of);
    judged.state.add_span(rows[i].start, end, down ? TimeState::down : TimeState::up);
    if (strict_void(rows[i])) continue;
    judged.strict.add_span(rows[i].start, end, strict_failure(rows[i]) ? TimeState::down : TimeState::up);
  }
  const auto while_taking_part = [](TimeState state, TimeState part) {
    return part == TimeState::absent ? TimeState::unknown : state;
  };
  judged.state = merge(judged.state, judged.part, while_taking_part);
  judged.strict = merge(judged.strict, judged.part, while_taking_part);
  return judged;
}

}  // namespace nines::sla
