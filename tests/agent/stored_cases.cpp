#include "tests/agent/stored_cases.hpp"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/support/manual_clock.hpp"

namespace nines::agent::tests {
namespace {

constexpr std::size_t kRegions = 4;

// When every generated hour has long been over.
const test::ManualClock kLater(*parse_time("2029-01-01T00:00:00Z"));

std::unique_ptr<store::Store> open_store(const harness::TempDir& dir) {
  auto opened =
      store::Store::open({.data_dir = dir.path().string(), .clock = &kLater, .tidy_every = std::chrono::hours(1)});
  REQUIRE(opened.has_value());
  return std::move(*opened);
}

// Settings, and when a check was first seen, are the check's, whatever the region.
void share_over_regions(sla::History& history) {
  std::map<std::string, const std::vector<sla::Settings>*> settings;
  std::map<std::string, Time> first;
  for (sla::Series& series : history.series) {
    const auto [found, added] = settings.try_emplace(series.key.check, &series.settings);
    if (!added) series.settings = *found->second;
    for (const ResultRow& row : series.rows) {
      const auto [known, fresh] = first.try_emplace(series.key.check, row.start);
      if (!fresh) known->second = std::min(known->second, row.start);
    }
  }
  for (sla::Series& series : history.series) {
    series.first_result.reset();
    if (const auto found = first.find(series.key.check); found != first.end()) series.first_result = found->second;
  }
}

// A store knows nothing of a series without results; a check without any is expected in the agent's own region.
void forget_empty(sla::History& history, const std::string& region) {
  const auto [gone, end] =
      std::ranges::stable_partition(history.series, [](const sla::Series& series) { return !series.rows.empty(); });
  std::vector<sla::Series> empty(gone, end);
  history.series.erase(gone, end);
  for (sla::Series& series : empty) {
    if (std::ranges::any_of(history.series, [&](const auto& other) { return other.key.check == series.key.check; })) {
      continue;
    }
    series.key.region = region;
    history.series.push_back(std::move(series));
  }
}

void rename(std::string& name, std::uint64_t seed) {
  name += fmt::format("-{}", seed);
}

void rename_all(sla::brute::Case& one, std::uint64_t seed) {
  for (sla::Series& series : one.history.series) {
    rename(series.key.check, seed);
    rename(series.key.region, seed);
  }
  for (sla::ClockStep& step : one.history.clock_steps) rename(step.region, seed);
  for (auto* names : {&one.objective.checks, &one.objective.journeys, &one.objective.regions, &one.regions}) {
    for (std::string& name : *names) rename(name, seed);
  }
}

void add_schedule(config::Config& config, const sla::Series& series, sla::brute::Dice& dice) {
  config::Schedule schedule;
  schedule.name = series.key.check;
  schedule.service = series.settings.back().service;
  schedule.interval = series.settings.back().interval;
  schedule.stale_after = series.settings.back().stale_after;
  schedule.thresholds.warning = series.settings.back().warning;
  schedule.uplink = series.uplink;
  if (dice.one_in(3)) schedule.formerly.push_back("old-" + schedule.name);
  if (series.journey) {
    config.journeys.emplace_back().schedule = std::move(schedule);
  } else {
    config.checks.emplace_back().schedule = std::move(schedule);
  }
}

store::SettingsEntry entry_of(const std::string& check, const sla::Settings& settings) {
  store::SettingsEntry entry;
  entry.check = check;
  entry.from = settings.from;
  entry.interval = settings.interval;
  entry.stale_after = settings.stale_after;
  entry.warning = settings.warning;
  entry.service = settings.service;
  entry.removed = settings.removed;
  return entry;
}

}  // namespace

StoredCases::StoredCases(std::uint64_t first, int count) {
  for (std::size_t i = 0; i <= kRegions; ++i) {
    places_.push_back(std::make_unique<Place>());
    places_.back()->store = open_store(places_.back()->dir);
  }
  for (std::uint64_t seed = first; seed < first + static_cast<std::uint64_t>(count); ++seed) make(seed);
  record_settings();
  for (const auto& place : places_) {
    auto next = place->results.begin();
    const auto imported = place->store->import([&]() -> Expected<std::optional<Result>> {
      return next == place->results.end() ? std::nullopt : std::optional<Result>(*next++);
    });
    INFO((imported ? std::string() : imported.error().text()));
    REQUIRE(imported.has_value());
    REQUIRE(place->store->flush());
  }
  // Sealed in every other store, as days before the last are in an agent's.
  for (std::size_t i = 0; i < places_.size(); i += 2) REQUIRE(places_[i]->store->tidy());
}

void StoredCases::make(std::uint64_t seed) {
  sla::brute::Dice dice(seed * 31);
  StoredCase one{sla::brute::generate(seed), {}};
  share_over_regions(one.whole.history);
  rename_all(one.whole, seed);
  one.config.region = "somewhere";
  forget_empty(one.whole.history, one.config.region);
  one.config.regions = one.whole.regions;
  one.config.maintenance = one.whole.history.maintenance;
  one.config.objectives = {one.whole.objective};
  for (sla::Series& series : one.whole.history.series) {
    // What a store makes of a row.
    for (ResultRow& row : series.rows) {
      if (row.attempts == 1) row.first_reason = row.reason;
    }
    if (one.config.check(series.key.check) == nullptr && one.config.journey(series.key.check) == nullptr) {
      add_schedule(one.config, series, dice);
    }
  }
  keep(one, dice);
  cases_.push_back(std::move(one));
}

void StoredCases::keep(const StoredCase& one, sla::brute::Dice& dice) {
  std::map<std::string, std::size_t> regions;
  for (const sla::Series& series : one.whole.history.series) {
    const auto place = regions.try_emplace(series.key.region, regions.size()).first->second;
    const auto schedules = one.config.schedules();
    const auto* schedule = *std::ranges::find(schedules, series.key.check, &config::Schedule::name);
    // Results before the renaming are stored under the old name.
    const auto renamed = static_cast<std::size_t>(dice.between(0, static_cast<std::int64_t>(series.rows.size())));
    std::vector<ResultRow> rows = series.rows;
    std::ranges::sort(rows, {}, &ResultRow::start);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const bool old = !schedule->formerly.empty() && i < renamed;
      const Result result{{old ? schedule->formerly.front() : series.key.check, series.key.region}, rows[i], {}};
      places_[place]->results.push_back(result);
      if (dice.one_in(3)) places_.back()->results.push_back(result);
    }
  }
  for (const sla::ClockStep& step : one.whole.history.clock_steps) {
    places_.front()->store->submit_clock_step({step.region, step.at, std::chrono::seconds(5)});
  }
}

void StoredCases::record_settings() {
  std::map<std::string, const std::vector<sla::Settings>*> by_check;
  std::size_t loads = 0;
  for (const StoredCase& one : cases_) {
    for (const sla::Series& series : one.whole.history.series) {
      by_check.emplace(series.key.check, &series.settings);
      loads = std::max(loads, series.settings.size());
    }
  }
  for (std::size_t load = 0; load < loads; ++load) {
    std::vector<store::SettingsEntry> entries;
    for (const auto& [check, settings] : by_check) {
      entries.push_back(entry_of(check, (*settings)[std::min(load, settings->size() - 1)]));
    }
    for (const auto& place : places_) REQUIRE(place->store->record_settings(entries).has_value());
  }
}

std::vector<store::Reader> StoredCases::readers(std::uint64_t seed) const {
  std::vector<store::Reader> readers;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    readers.push_back(places_[(i + seed) % places_.size()]->store->reader());
  }
  return readers;
}

}  // namespace nines::agent::tests
