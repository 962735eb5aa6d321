#include "agent/pages/hourly_source.hpp"

#include <algorithm>

#include "sla/settings.hpp"

namespace nines::agent {
namespace {

// What decides whether an hour's summary says as much as its results.
struct Bounds {
  Micros stale;             // the shortest that the check ever had
  std::vector<Time> steps;  // of the region's clock
};

bool is_told_by_summary(const store::StoredHour& hour, const Bounds& bounds) {
  if (!hour.plain) return false;
  const store::HourSummary& summary = hour.summary;
  Micros stale = bounds.stale;
  // From before the first load, a result goes by its own interval.
  if (summary.interval > Micros(0)) stale = std::min(stale, sla::default_stale_after(summary.interval));
  if (summary.gap > stale || summary.most > stale) return false;
  return std::ranges::none_of(bounds.steps,
                              [&](Time step) { return step >= summary.first && step <= summary.last + stale; });
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

}  // namespace

// Under every name that it has had.
Expected<Micros> HourlySource::shortest_stale_after(const std::string& check) {
  std::vector<std::string> names{check};
  Micros shortest = Micros::max();
  for (const config::Schedule* schedule : config_.schedules()) {
    if (schedule->name != check && std::ranges::find(schedule->formerly, check) == schedule->formerly.end()) continue;
    names.push_back(schedule->name);
    names.insert(names.end(), schedule->formerly.begin(), schedule->formerly.end());
    shortest = std::min(shortest, schedule->stale_after);
  }
  const auto settings = exact_.settings();
  if (!settings) return std::unexpected(settings.error());
  for (const store::SettingsEntry& entry : *settings) {
    if (entry.removed || std::ranges::find(names, entry.check) == names.end()) continue;
    shortest = std::min(shortest,
                        entry.stale_after > Micros(0) ? entry.stale_after : sla::default_stale_after(entry.interval));
  }
  return shortest;
}

Expected<std::vector<ResultRow>> HourlySource::rows(const SeriesKey& key, const Period& period) {
  const auto stale = shortest_stale_after(key.check);
  if (!stale) return std::unexpected(stale.error());
  Bounds bounds{*stale, {}};
  const auto steps = exact_.clock_steps();
  if (!steps) return std::unexpected(steps.error());
  for (const store::ClockStepEntry& step : *steps) {
    if (step.region == key.region) bounds.steps.push_back(step.at);
  }

  std::vector<ResultRow> rows;
  std::vector<Period> exact;  // hours whose summaries say too little
  auto done = reader_.visit_hours(key, period, store::HourContent::summaries, [&](const store::StoredHour& hour) {
    if (is_told_by_summary(hour, bounds)) {
      add_summary(rows, hour.summary);
    } else if (hour.plain) {
      exact.push_back({hour.summary.first, hour.summary.last + Micros(1)});
    } else {
      std::ranges::copy_if(hour.rows, std::back_inserter(rows),
                           [](const ResultRow& row) { return row.origin == Origin::scheduled; });
    }
    return true;
  });
  if (!done) return std::unexpected(done.error());
  if (exact.empty()) return rows;
  for (const Period& hour : exact) {
    const auto read = exact_.rows(key, hour);
    if (!read) return std::unexpected(read.error());
    rows.insert(rows.end(), read->begin(), read->end());
  }
  std::ranges::sort(rows, {}, &ResultRow::start);
  return rows;
}

}  // namespace nines::agent
