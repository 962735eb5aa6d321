#include "agent/objectives.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "agent/series_reading.hpp"
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

Expected<std::vector<SeriesSource>> sources_of(Sources stores, const Names& names) {
  std::vector<SeriesSource> sources;
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
Expected<Time> reach_back(std::span<const SeriesSource> sources, std::span<const config::Maintenance> windows,
                          Time from) {
  while (true) {
    Time earliest = from;
    for (const SeriesSource& source : sources) {
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
Expected<Time> reach_on(std::span<const SeriesSource> sources, Time to) {
  while (true) {
    Time latest = to;
    for (const SeriesSource& source : sources) {
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

// The series of a history, each once, and which of them each source belongs to.
class SeriesList {
 public:
  SeriesList(sla::History& history, const config::Config& config) : history_(&history), config_(&config) {}

  std::size_t add(const config::Schedule& schedule, const std::string& region) {
    const SeriesKey key{schedule.name, region};
    const auto [found, added] = places_.try_emplace(key, history_->series.size());
    if (!added) return found->second;
    sla::Series& series = history_->series.emplace_back();
    series.key = key;
    series.uplink = schedule.uplink;
    series.journey = config_->journey(key.check) != nullptr;
    return found->second;
  }
  bool has(const std::string& check) const {
    const auto found = places_.lower_bound({check, {}});
    return found != places_.end() && found->first.check == check;
  }

 private:
  sla::History* history_;
  const config::Config* config_;
  std::map<SeriesKey, std::size_t> places_;
};

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

Expected<std::map<std::string, Time>> first_results(std::span<const SeriesSource> sources) {
  std::map<std::string, Time> first;
  for (const SeriesSource& source : sources) {
    auto extent = source.store->extent(source.key);
    if (!extent) return std::unexpected(extent.error());
    if (!*extent) continue;
    const auto [found, added] = first.try_emplace(source.schedule->name, (*extent)->from);
    if (!added) found->second = std::min(found->second, (*extent)->from);
  }
  return first;
}

Expected<void> attach_settings(sla::History& history, Sources stores, std::span<const SeriesSource> sources,
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
Expected<sla::History> read_history(Sources stores, const config::Config& config, std::span<const SeriesSource> sources,
                                    const Names& names, const Period& wanted, SeriesOrder order) {
  auto windows = stored_windows(stores, config);
  if (!windows) return std::unexpected(windows.error());
  auto from = reach_back(sources, *windows, wanted.from);
  if (!from) return std::unexpected(from.error());
  auto to = reach_on(sources, wanted.to);
  if (!to) return std::unexpected(to.error());

  sla::History history;
  history.maintenance = std::move(*windows);
  SeriesList list(history, config);
  std::vector<std::size_t> filled;
  for (const SeriesSource& source : sources) filled.push_back(list.add(*source.schedule, source.key.region));
  // A check that was loaded and has no result yet is unknown, not absent.
  for (const auto& [name, schedule] : names) {
    if (!list.has(schedule->name)) list.add(*schedule, config.region);
  }
  if (auto attached = attach_settings(history, stores, sources, names); !attached) {
    return std::unexpected(attached.error());
  }
  for (HistorySource* store : stores) {
    auto steps = store->clock_steps();
    if (!steps) return std::unexpected(steps.error());
    for (const store::ClockStepEntry& step : *steps) history.clock_steps.push_back({step.region, step.at});
  }
  order.range = {*from, *to};
  if (auto read = read_series(history, sources, filled, order); !read) return std::unexpected(read.error());
  return history;
}

// [first start, last start] of all sources.
Expected<Period> extent_of(std::span<const SeriesSource> sources) {
  Period all{Time::max(), Time::min()};
  for (const SeriesSource& source : sources) {
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

// What figures over single results of the period tell apart.
Expected<SeriesOrder> order_of(Sources stores, const config::Config& config, const config::Objective& objective,
                               const Period& period, const Reading& reading) {
  const auto windows = stored_windows(stores, config);
  if (!windows) return std::unexpected(windows.error());
  SeriesOrder order;
  order.moments = sla::exclusion_edges(objective, *windows, period);
  order.moments.insert(order.moments.end(), reading.moments.begin(), reading.moments.end());
  order.moments.insert(order.moments.end(), {period.from, period.to});
  const bool times = reading.times || objective.indicator == config::Indicator::latency;
  order.threads = reading.threads;
  order.hours_a_thread = reading.hours_a_thread;
  order.times = times ? sla::Times::kept : sla::Times::left_out;
  return order;
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
                                    const Period& period, const Reading& reading) {
  const Names names = names_of(config, objective);
  auto sources = sources_of(stores, names);
  if (!sources) return std::unexpected(sources.error());
  auto stored = extent_of(*sources);
  if (!stored) return std::unexpected(stored.error());
  auto order = order_of(stores, config, objective, period, reading);
  if (!order) return std::unexpected(order.error());
  Period wanted = period;
  while (true) {
    auto history = read_history(stores, config, *sources, names, wanted, *order);
    if (!history || objective.indicator != config::Indicator::uptime) return history;
    const Period wider = widened(wanted, *stored, config, objective, period, *history);
    if (wider == wanted) return history;
    wanted = wider;
  }
}

Expected<sla::History> load_history(std::span<store::Reader> readers, const config::Config& config,
                                    const config::Objective& objective, const Period& period, const Reading& reading) {
  return load_history(StoreSources(readers), config, objective, period, reading);
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
