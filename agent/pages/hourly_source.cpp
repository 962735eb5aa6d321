#include "agent/pages/hourly_source.hpp"

#include <algorithm>
#include <span>

#include "sla/settings.hpp"

namespace nines::agent {

// What decides whether less says as much as an hour's results.
struct HourlySource::Bounds {
  Micros stale = Micros::max();  // the shortest that the check ever had, under every name
  std::size_t failures = 0;      // in a row that are a run whatever the settings; 0: failures are not left out
  std::vector<Time> steps;       // of the region's clock

  // From before the first load, a result goes by its own interval.
  Micros stale_of(Micros interval) const {
    return interval > Micros(0) ? std::min(stale, sla::default_stale_after(interval)) : stale;
  }
  bool stepped(Time from, Time to) const {
    return std::ranges::any_of(steps, [&](Time step) { return step >= from && step <= to; });
  }
};

namespace {

template <class Bounds>
bool is_told_by_summary(const store::StoredHour& hour, const Bounds& bounds) {
  if (!hour.plain) return false;
  const store::HourSummary& summary = hour.summary;
  const Micros stale = bounds.stale_of(summary.interval);
  return summary.gap <= stale && summary.most <= stale && !bounds.stepped(summary.first, summary.last + stale);
}

void add_summary(std::vector<ResultRow>& rows, const store::HourSummary& summary) {
  ResultRow row;
  row.start = summary.first;
  row.interval = summary.interval;
  row.duration = summary.last - summary.first;
  if (summary.last > summary.first) rows.push_back(row);
  row.start = summary.last;
  row.duration = Micros(0);
  rows.push_back(row);
}

// A failure of the target's, at every attempt.
bool is_plain_failure(const ResultRow& row) {
  return !row.success() && !is_agent_fault(row.reason) && !is_agent_fault(row.first_reason);
}

// How many rows from the first on are failures of which each speaks until the next.
template <class Bounds>
std::size_t failures_from(std::span<const ResultRow> rows, const Bounds& bounds) {
  std::size_t count = 0;
  for (; count < rows.size() && is_plain_failure(rows[count]); ++count) {
    if (count == 0) continue;
    const ResultRow& before = rows[count - 1];
    const Micros stale = bounds.stale_of(before.interval);
    if (rows[count].start - before.start > stale || bounds.stepped(before.start, rows[count].start)) break;
  }
  return count;
}

template <class Bounds>
void add_rows(std::vector<ResultRow>& to, std::span<const ResultRow> rows, const Bounds& bounds) {
  while (!rows.empty()) {
    const std::size_t failures = bounds.failures > 0 ? failures_from(rows, bounds) : 0;
    if (failures <= bounds.failures + 1) {
      const std::size_t count = std::max<std::size_t>(failures, 1);
      to.insert(to.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count));
      rows = rows.subspan(count);
      continue;
    }
    to.insert(to.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(bounds.failures));
    const ResultRow& last = rows[failures - 1];
    to.back().duration = last.start - to.back().start;
    to.push_back(last);
    rows = rows.subspan(failures);
  }
}

}  // namespace

Expected<HourlySource::Bounds> HourlySource::bounds_of(const SeriesKey& key) {
  Bounds bounds;
  std::vector<std::string> names{key.check};
  int warning = 1;
  bool uplink = false;
  for (const config::Schedule* schedule : config_.schedules()) {
    uplink = uplink || schedule->uplink;
    const std::vector<std::string>& formerly = schedule->formerly;
    if (schedule->name != key.check && std::ranges::find(formerly, key.check) == formerly.end()) continue;
    names.push_back(schedule->name);
    names.insert(names.end(), formerly.begin(), formerly.end());
    bounds.stale = std::min(bounds.stale, schedule->stale_after);
    warning = std::max(warning, schedule->thresholds.warning);
  }
  const auto settings = exact_.settings();
  if (!settings) return std::unexpected(settings.error());
  for (const store::SettingsEntry& entry : *settings) {
    uplink = uplink || entry.uplink;
    if (entry.removed || std::ranges::find(names, entry.check) == names.end()) continue;
    bounds.stale = std::min(
        bounds.stale, entry.stale_after > Micros(0) ? entry.stale_after : sla::default_stale_after(entry.interval));
    warning = std::max(warning, entry.warning);
  }
  if (!uplink) bounds.failures = static_cast<std::size_t>(warning);
  const auto steps = exact_.clock_steps();
  if (!steps) return std::unexpected(steps.error());
  for (const store::ClockStepEntry& step : *steps) {
    if (step.region == key.region) bounds.steps.push_back(step.at);
  }
  return bounds;
}

Expected<std::vector<ResultRow>> HourlySource::rows_by_hours(const SeriesKey& key, const Period& period) {
  const auto bounds = bounds_of(key);
  if (!bounds) return std::unexpected(bounds.error());
  std::vector<ResultRow> rows;
  std::vector<ResultRow> scheduled;
  std::vector<Period> exact;  // hours whose summaries say too little
  auto done = reader_.visit_hours(key, period, store::HourContent::summaries, [&](const store::StoredHour& hour) {
    if (is_told_by_summary(hour, *bounds)) {
      add_summary(rows, hour.summary);
    } else if (hour.plain) {
      exact.push_back({hour.summary.first, hour.summary.last + Micros(1)});
    } else {
      scheduled.clear();
      std::ranges::copy_if(hour.rows, std::back_inserter(scheduled),
                           [](const ResultRow& row) { return row.origin == Origin::scheduled; });
      add_rows(rows, scheduled, *bounds);
    }
    return true;
  });
  if (!done) return std::unexpected(done.error());
  for (const Period& hour : exact) {
    const auto read = exact_.rows(key, hour);
    if (!read) return std::unexpected(read.error());
    rows.insert(rows.end(), read->begin(), read->end());
  }
  if (!exact.empty()) std::ranges::sort(rows, {}, &ResultRow::start);
  return rows;
}

Expected<std::vector<ResultRow>> HourlySource::rows(const SeriesKey& key, const Period& period) {
  const Time cut = exact_from_ == Time::max() ? period.to : std::clamp(exact_from_, period.from, period.to);
  std::vector<ResultRow> rows;
  if (period.from < cut) {
    auto before = rows_by_hours(key, {period.from, cut});
    if (!before) return before;
    rows = std::move(*before);
  }
  if (cut >= period.to) return rows;
  const auto after = exact_.rows(key, {cut, period.to});
  if (!after) return std::unexpected(after.error());
  rows.insert(rows.end(), after->begin(), after->end());
  return rows;
}

}  // namespace nines::agent
