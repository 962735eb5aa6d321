#include <algorithm>

#include "base/result.hpp"
#include "sla/judged.hpp"
#include "sla/settings.hpp"

namespace nines::sla {
namespace {

// Collects one run at a time; a success or the end of the rows closes it.
class RunFinder {
 public:
  explicit RunFinder(const SpannedSeries& spanned) : spanned_(&spanned) {}

  void failure(std::size_t position, int needed) {
    if (length_ == 0) first_ = position;
    last_ = position;
    ++length_;
    confirmed_ = confirmed_ || length_ >= needed;
  }
  void close() {
    if (confirmed_) {
      const auto rows = spanned_->rows();
      found_.push_back({first_, last_, rows[first_].start, spanned_->ends[last_], rows[first_].reason});
    }
    length_ = 0;
    confirmed_ = false;
  }
  std::vector<FailureRun> take() {
    close();
    return std::move(found_);
  }

 private:
  const SpannedSeries* spanned_;
  std::vector<FailureRun> found_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
  int length_ = 0;
  bool confirmed_ = false;
};

}  // namespace

std::vector<FailureRun> confirmed_runs(const SpannedSeries& spanned, std::optional<int> confirm_after) {
  RunFinder finder(spanned);
  SettingsCursor settings(spanned.series->settings);
  const auto rows = spanned.rows();
  const auto stretches = spanned.stretches();
  auto stretch = stretches.begin();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (; stretch != stretches.end() && stretch->first < rows[i].start; ++stretch) finder.close();
    if (spanned.voids[i] != 0) continue;
    if (rows[i].success()) {
      finder.close();
    } else {
      finder.failure(i, confirm_after.value_or(settings.at(rows[i].start).warning));
    }
  }
  return finder.take();
}

namespace {

// `down` from one interval before each confirmed run to its end, `absent` where the check takes no part, else `up`.
Timeline uplink_line(const Series& series, std::span<const ClockStep> clock_steps) {
  const SpannedSeries own = spanned(series, clock_steps);
  std::vector<Period> outages;
  SettingsCursor settings(series.settings);
  for (const FailureRun& run : confirmed_runs(own, std::nullopt)) {
    const Micros interval = interval_of(own.rows()[run.first], settings.at(run.begin));
    outages.push_back({run.begin - interval, run.end});
  }
  const Timeline cut_off(normalized(std::move(outages)), TimeState::down, TimeState::up);
  return merge(cut_off, participation(series),
               [](TimeState state, TimeState part) { return state == TimeState::up ? part : state; });
}

}  // namespace

std::vector<Period> uplink_outages(const History& history, const std::string& region) {
  std::vector<Timeline> lines;
  for (const Series& series : history.series) {
    if (series.uplink && series.key.region == region) lines.push_back(uplink_line(series, history.clock_steps));
  }
  const Timeline all = combine(pointers_to(lines), [](const StateCounts& counts) {
    const bool cut_off = counts[index(TimeState::down)] > 0 && counts[index(TimeState::up)] == 0;
    return cut_off ? TimeState::down : TimeState::up;
  });
  return all.periods(TimeState::down);
}

void void_failures(SpannedSeries& spanned, std::span<const Period> uplink_outages) {
  const auto rows = spanned.rows();
  auto outage = uplink_outages.begin();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    while (outage != uplink_outages.end() && outage->to <= rows[i].start) ++outage;
    if (outage == uplink_outages.end()) return;
    if (!rows[i].success() && outage->contains(rows[i].start)) spanned.voids[i] = 1;
  }
}

}  // namespace nines::sla
