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

namespace {

// The first of some moments after another one, which never goes back; the end of time where there is none.
template <class Item, class TimeOf>
class NextAfter {
 public:
  NextAfter(std::span<const Item> items, TimeOf time_of) : items_(items), time_of_(time_of) {}
  Time operator()(Time moment) {
    while (next_ < items_.size() && time_of_(items_[next_]) <= moment) ++next_;
    return next_ < items_.size() ? time_of_(items_[next_]) : Time::max();
  }

 private:
  std::span<const Item> items_;
  TimeOf time_of_;
  std::size_t next_ = 0;
};

constexpr auto kStart = [](const ResultRow& row) { return row.start; };
constexpr auto kFirst = [](const Stretch& stretch) { return stretch.first; };
constexpr auto kItself = [](Time time) { return time; };

void end_rows(SpannedSeries& spanned, std::span<const Time> steps) {
  const auto rows = spanned.rows();
  spanned.ends.reserve(rows.size());
  spanned.voids.reserve(rows.size());
  NextAfter next_stretch(spanned.stretches(), kFirst);
  NextAfter next_step(steps, kItself);
  SettingsCursor settings(spanned.series->settings);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ResultRow& row = rows[i];
    Time end = row.start + std::max(stale_after_of(row, settings.at(row.start)), row.duration);
    if (i + 1 < rows.size()) end = std::min(end, rows[i + 1].start);
    spanned.ends.push_back(std::min({end, next_stretch(row.start), next_step(row.start)}));
    spanned.voids.push_back(is_agent_fault(row.reason) ? 1 : 0);
  }
}

void end_stretches(SpannedSeries& spanned, std::span<const Time> steps) {
  spanned.stretch_ends.reserve(spanned.stretches().size());
  NextAfter next_row(spanned.rows(), kStart);
  NextAfter next_stretch(spanned.stretches(), kFirst);
  NextAfter next_step(steps, kItself);
  for (const Stretch& stretch : spanned.stretches()) {
    const Time last = stretch.last;
    spanned.stretch_ends.push_back(
        std::min({last + stretch.stale_after, next_row(last), next_stretch(last), next_step(last)}));
  }
}

}  // namespace

SpannedSeries spanned(const Series& series, std::span<const ClockStep> clock_steps) {
  SpannedSeries result{&series, OrderedRows(series), {}, {}, {}};
  const auto steps = steps_of(clock_steps, series.key.region);
  end_rows(result, steps);
  end_stretches(result, steps);
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
  std::size_t shown = 0;
  const auto add_stretches = [&](Time before) {
    const auto stretches = from.stretches();
    for (; shown < stretches.size() && stretches[shown].first < before; ++shown) {
      const Time end = std::min(from.stretch_ends[shown], as_of);
      judged.state.add_span(stretches[shown].first, end, TimeState::up);
      judged.strict.add_span(stretches[shown].first, end, TimeState::up);
    }
  };
  for (std::size_t i = 0; i < rows.size() && rows[i].start < as_of; ++i) {
    if (from.voids[i] != 0) continue;
    add_stretches(rows[i].start);
    while (run != judged.runs.end() && run->last < i) ++run;
    const bool down = run != judged.runs.end() && run->first <= i;
    const Time end = std::min(from.ends[i], as_of);
    judged.state.add_span(rows[i].start, end, down ? TimeState::down : TimeState::up);
    if (strict_void(rows[i])) continue;
    judged.strict.add_span(rows[i].start, end, strict_failure(rows[i]) ? TimeState::down : TimeState::up);
  }
  add_stretches(as_of);
  const auto while_taking_part = [](TimeState state, TimeState part) {
    return part == TimeState::absent ? TimeState::unknown : state;
  };
  judged.state = merge(judged.state, judged.part, while_taking_part);
  judged.strict = merge(judged.strict, judged.part, while_taking_part);
  return judged;
}

}  // namespace nines::sla
