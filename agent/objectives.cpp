#include "agent/objectives.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "agent/windows.hpp"

namespace nines::agent {
namespace {

// A check's present name by every name it has had, and the schedule behind it.
using Names = std::map<std::string, const config::Schedule*, std::less<>>;

void add_names(Names& names, const config::Schedule& schedule) {
  names.emplace(schedule.name, &schedule);
  for (const std::string& former : schedule.formerly) names.emplace(former, &schedule);
}

Names names_of(const config::Config& config, const config::Objective& objective) {
  const auto lists = [](const std::vector<std::string>& list, const std::string& name) {
    return std::ranges::find(list, name) != list.end();
  };
  Names names;
  for (const config::Check& check : config.checks) {
    if (check.schedule.uplink || lists(objective.checks, check.schedule.name)) add_names(names, check.schedule);
  }
  for (const config::Journey& journey : config.journeys) {
    if (lists(objective.journeys, journey.schedule.name)) add_names(names, journey.schedule);
  }
  return names;
}

// A series as one store has it.
struct Source {
  HistorySource* store;
  SeriesKey key;
  const config::Schedule* schedule;
};

Expected<std::vector<Source>> sources_of(Sources stores, const Names& names) {
  std::vector<Source> sources;
  for (HistorySource* store : stores) {
    auto keys = store->series();
    if (!keys) return std::unexpected(keys.error());
    for (SeriesKey& key : *keys) {
      const auto found = names.find(key.check);
      if (found != names.end()) sources.push_back({store, std::move(key), found->second});
    }
  }
  return sources;
}

// The first moment rows are needed from: where no failure run of any series is under way, nor an exclusion. An outage
// that reaches into the period is whole only from there.
Expected<Time> reach_back(std::span<const Source> sources, std::span<const config::Maintenance> windows, Time from) {
  while (true) {
    Time earliest = from;
    for (const Source& source : sources) {
      auto start = source.store->run_start(source.key, from);
      if (!start) return std::unexpected(start.error());
      if (*start) earliest = std::min(earliest, **start);
    }
    for (const config::Maintenance& window : windows) {
      if (window.once && window.once->contains(earliest)) earliest = window.once->from;
    }
    if (earliest == from) return from;
    from = earliest;
  }
}

// The same at the other end: the moment from which every series that was failing has succeeded again, or the last row.
Expected<Time> reach_on(std::span<const Source> sources, Time to) {
  while (true) {
    Time latest = to;
    for (const Source& source : sources) {
      auto run = source.store->run_start(source.key, to);
      if (!run) return std::unexpected(run.error());
      if (!*run) continue;
      auto success = source.store->first_success_from(source.key, to);
      if (!success) return std::unexpected(success.error());
      auto extent = source.store->extent(source.key);
      if (!extent) return std::unexpected(extent.error());
      latest = std::max(latest, *success ? **success + Micros(1) : (*extent)->to + Micros(1));
    }
    if (latest == to) return to;
    to = latest;
  }
}

Expected<std::vector<ResultRow>> rows_of(const Source& source, Time from, Time to) {
  // The success before speaks into the range, the row after ends the last span in it.
  auto before = source.store->last_success_before(source.key, from);
  if (!before) return std::unexpected(before.error());
  auto after = source.store->first_success_from(source.key, to);
  if (!after) return std::unexpected(after.error());
  const Time last = *after ? **after + Micros(1) : Time::max();
  return source.store->rows(source.key, {before->value_or(from), last});
}

sla::Series& series_for(sla::History& history, const config::Config& config, const config::Schedule& schedule,
                        const std::string& region) {
  const SeriesKey key{schedule.name, region};
  const auto found = std::ranges::find(history.series, key, &sla::Series::key);
  if (found != history.series.end()) return *found;
  sla::Series& series = history.series.emplace_back();
  series.key = key;
  series.uplink = schedule.uplink;
  series.journey = config.journey(key.check) != nullptr;
  return series;
}

void sort_rows(std::vector<ResultRow>& rows) {
  std::ranges::stable_sort(rows, {}, &ResultRow::start);
  // The same region's store given twice, or a copy of it.
  rows.erase(std::ranges::unique(rows, {}, &ResultRow::start).begin(), rows.end());
}

// Never loaded by an agent: what the configuration says now holds for the results there are.
sla::Settings present_settings(const config::Schedule& schedule) {
  return {Time::max(), schedule.interval, schedule.stale_after, schedule.thresholds.warning, schedule.service, false};
}

using SettingsByCheck = std::map<std::string, std::vector<sla::Settings>>;

// What was stored of each check, by its present name, in order of time.
Expected<SettingsByCheck> stored_settings(Sources stores, const Names& names) {
  SettingsByCheck stored;
  for (HistorySource* store : stores) {
    auto entries = store->settings();
    if (!entries) return std::unexpected(entries.error());
    for (const store::SettingsEntry& entry : *entries) {
      const auto name = names.find(entry.check);
      if (name == names.end()) continue;
      stored[name->second->name].push_back(
          {entry.from, entry.interval, entry.stale_after, entry.warning, entry.service, entry.removed});
    }
  }
  // Of several at one moment the last one stored is in force.
  for (auto& [check, settings] : stored) std::ranges::stable_sort(settings, {}, &sla::Settings::from);
  return stored;
}

Expected<std::map<std::string, Time>> first_results(std::span<const Source> sources) {
  std::map<std::string, Time> first;
  for (const Source& source : sources) {
    auto extent = source.store->extent(source.key);
    if (!extent) return std::unexpected(extent.error());
    if (!*extent) continue;
    const auto [found, added] = first.try_emplace(source.schedule->name, (*extent)->from);
    if (!added) found->second = std::min(found->second, (*extent)->from);
  }
  return first;
}

Expected<void> attach_settings(sla::History& history, Sources stores, std::span<const Source> sources,
                               const Names& names) {
  auto stored = stored_settings(stores, names);
  if (!stored) return std::unexpected(stored.error());
  auto first = first_results(sources);
  if (!first) return std::unexpected(first.error());
  for (sla::Series& series : history.series) {
    series.settings = (*stored)[series.key.check];
    if (series.settings.empty()) series.settings.push_back(present_settings(*names.find(series.key.check)->second));
    if (const auto found = first->find(series.key.check); found != first->end()) series.first_result = found->second;
  }
  return {};
}

// Everything needed for `wanted` but for outages that windows or other checks carry over an edge.
Expected<sla::History> read_history(Sources stores, const config::Config& config, std::span<const Source> sources,
                                    const Names& names, const Period& wanted) {
  auto windows = stored_windows(stores, config);
  if (!windows) return std::unexpected(windows.error());
  auto from = reach_back(sources, *windows, wanted.from);
  if (!from) return std::unexpected(from.error());
  auto to = reach_on(sources, wanted.to);
  if (!to) return std::unexpected(to.error());

  sla::History history;
  history.maintenance = std::move(*windows);
  for (const Source& source : sources) {
    auto rows = rows_of(source, *from, *to);
    if (!rows) return std::unexpected(rows.error());
    std::vector<ResultRow>& all = series_for(history, config, *source.schedule, source.key.region).rows;
    all.insert(all.end(), rows->begin(), rows->end());
  }
  for (sla::Series& series : history.series) sort_rows(series.rows);
  // A check that was loaded and has no result yet is unknown, not absent.
  for (const auto& [name, schedule] : names) {
    const auto has_rows = [&](const sla::Series& series) { return series.key.check == schedule->name; };
    if (std::ranges::none_of(history.series, has_rows)) series_for(history, config, *schedule, config.region);
  }
  if (auto attached = attach_settings(history, stores, sources, names); !attached) {
    return std::unexpected(attached.error());
  }
  for (HistorySource* store : stores) {
    auto steps = store->clock_steps();
    if (!steps) return std::unexpected(steps.error());
    for (const store::ClockStepEntry& step : *steps) history.clock_steps.push_back({step.region, step.at});
  }
  return history;
}

// [first start, last start] of all sources.
Expected<Period> extent_of(std::span<const Source> sources) {
  Period all{Time::max(), Time::min()};
  for (const Source& source : sources) {
    auto extent = source.store->extent(source.key);
    if (!extent) return std::unexpected(extent.error());
    if (!*extent) continue;
    all.from = std::min(all.from, (*extent)->from);
    all.to = std::max(all.to, (*extent)->to);
  }
  return all;
}

// An outage over an edge can outlast its runs: unknown and excluded time, or another check, may lie between. `read`,
// made longer where more is stored of an outage that touches the period.
Period widened(const Period& read, const Period& stored, const config::Config& config,
               const config::Objective& objective, const Period& period, const sla::History& history) {
  const Time as_of = std::max(period.to, stored.to + Micros(1));
  const sla::ReportPeriod whole{period, objective.time_zone, {}};
  const sla::Evaluation evaluation = sla::evaluate(objective, whole, as_of, history, config.regions);
  const Micros step = std::max<Micros>(read.length(), std::chrono::days(1));
  Period wider = read;
  for (const sla::Outage& outage : evaluation.uptime->outages) {
    if (outage.open_before && stored.from < read.from) wider.from = read.from - step;
    if (outage.open_after && read.to <= stored.to) wider.to = read.to + step;
  }
  return wider;
}

}  // namespace

Expected<std::vector<config::Maintenance>> stored_windows(Sources stores, const config::Config& config) {
  std::vector<StoredWindows> stored;
  for (HistorySource* store : stores) {
    auto windows = store->windows();
    if (!windows) return std::unexpected(windows.error());
    stored.push_back(std::move(*windows));
  }
  return windows_in_force(stored, config);
}

Expected<sla::History> load_history(Sources stores, const config::Config& config, const config::Objective& objective,
                                    const Period& period) {
  const Names names = names_of(config, objective);
  auto sources = sources_of(stores, names);
  if (!sources) return std::unexpected(sources.error());
  auto stored = extent_of(*sources);
  if (!stored) return std::unexpected(stored.error());
  Period wanted = period;
  while (true) {
    auto history = read_history(stores, config, *sources, names, wanted);
    if (!history || objective.indicator != config::Indicator::uptime) return history;
    const Period wider = widened(wanted, *stored, config, objective, period, *history);
    if (wider == wanted) return history;
    wanted = wider;
  }
}

Expected<sla::History> load_history(std::span<store::Reader> readers, const config::Config& config,
                                    const config::Objective& objective, const Period& period) {
  return load_history(StoreSources(readers), config, objective, period);
}

std::vector<store::SettingsEntry> settings_of(const config::Config& config, Time now) {
  std::vector<store::SettingsEntry> entries;
  const auto add = [&](const config::Schedule& schedule, bool journey) {
    store::SettingsEntry entry;
    entry.check = schedule.name;
    entry.from = now;
    entry.interval = schedule.interval;
    entry.stale_after = schedule.stale_after;
    entry.warning = schedule.thresholds.warning;
    entry.critical = schedule.thresholds.critical;
    entry.recovery = schedule.thresholds.recovery;
    entry.service = schedule.service;
    entry.journey = journey;
    entry.uplink = schedule.uplink;
    entries.push_back(std::move(entry));
  };
  for (const config::Check& check : config.checks) add(check.schedule, false);
  for (const config::Journey& journey : config.journeys) add(journey.schedule, true);
  return entries;
}

}  // namespace nines::agent
