#pragma once

// A store as a source of uptime over months: an hour of plain results alone is told by its summary.

#include <string>
#include <vector>

#include "agent/history_source.hpp"

namespace nines::agent {

// Gives two results in the place of an hour's: the first, which speaks until the last, and the last. That is the same
// up time to the microsecond, in every figure of docs/sla.md that is of time, where all of the hour's results are
// plain, none follows the one before later than any `stale_after` the check ever had, and the clock was not put forward
// or back. All other hours are given as they are stored. Error rates and latencies cannot be had from it.
//
// 90 days of a check that runs every 30 s are 4,320 results instead of 259,200.
class HourlySource final : public HistorySource {
 public:
  // Both outlive this.
  HourlySource(store::Reader& reader, const config::Config& config, Time exact_from = Time::max())
      : reader_(reader), config_(config), exact_from_(exact_from), exact_(reader) {}

  Expected<std::vector<SeriesKey>> series() override { return exact_.series(); }
  Expected<std::vector<ResultRow>> rows(const SeriesKey& key, const Period& period) override;
  Expected<std::optional<Time>> run_start(const SeriesKey& key, Time at) override { return exact_.run_start(key, at); }
  Expected<std::optional<Time>> last_success_before(const SeriesKey& key, Time at) override {
    return exact_.last_success_before(key, at);
  }
  Expected<std::optional<Time>> first_success_from(const SeriesKey& key, Time at) override {
    return exact_.first_success_from(key, at);
  }
  Expected<std::optional<Period>> extent(const SeriesKey& key) override { return exact_.extent(key); }
  Expected<std::vector<store::SettingsEntry>> settings() override { return exact_.settings(); }
  Expected<std::vector<store::ClockStepEntry>> clock_steps() override { return exact_.clock_steps(); }
  Expected<StoredWindows> windows() override { return exact_.windows(); }

 private:
  struct Bounds;
  Expected<Bounds> bounds_of(const SeriesKey& key);
  Expected<std::vector<ResultRow>> rows_by_hours(const SeriesKey& key, const Period& period);

  store::Reader& reader_;
  const config::Config& config_;
  const Time exact_from_;
  StoreSource exact_;
};

}  // namespace nines::agent
