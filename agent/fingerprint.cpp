#include "agent/fingerprint.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/objectives.hpp"
#include "base/digest.hpp"
#include "base/json.hpp"
#include "reports/words.hpp"
#include "store/jsonl.hpp"

namespace nines::agent {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

// Milliseconds as `nines export` writes them would need its writer: whole microseconds are exact in JSON.
Json micros_json(Micros value) {
  return value.count();
}

// ---- which results

struct Scope {
  const config::Config& config;
  const InputScope& asked;
  Sources sources;
  Period period{Time::max(), Time::min()};                     // around those of all objectives
  std::map<std::string, const config::Schedule*> schedules{};  // that are read, by present and former name
  Period read{Time::max(), Time::min()};                       // from the first result to the last
};

void add_schedule(Scope& scope, const config::Schedule& schedule) {
  scope.schedules.emplace(schedule.name, &schedule);
  for (const std::string& former : schedule.formerly) scope.schedules.emplace(former, &schedule);
}

void add_schedules(Scope& scope) {
  std::set<std::string> wanted;
  for (const config::Objective* objective : scope.asked.objectives) {
    wanted.insert(objective->checks.begin(), objective->checks.end());
    wanted.insert(objective->journeys.begin(), objective->journeys.end());
  }
  for (const config::Schedule* schedule : scope.config.schedules()) {
    if (schedule->uplink || wanted.contains(schedule->name)) add_schedule(scope, *schedule);
  }
  for (const sla::ReportPeriod& period : scope.asked.periods) {
    scope.period.from = std::min(scope.period.from, period.period.from);
    scope.period.to = std::max(scope.period.to, period.period.to);
  }
}

using Edge = std::optional<Time>;

// Over every store and every name that the check has had in the region.
template <class Ask, class Better>
Expected<Edge> best(const Scope& scope, std::span<const SeriesKey> keys, const Ask& ask, const Better& better) {
  Edge found;
  for (HistorySource* source : scope.sources) {
    for (const SeriesKey& key : keys) {
      const Expected<Edge> one = ask(*source, key);
      if (!one) return one;
      if (*one && (!found || better(**one, *found))) found = *one;
    }
  }
  return found;
}

constexpr auto kEarlier = [](Time a, Time b) { return a < b; };
constexpr auto kLater = [](Time a, Time b) { return a > b; };

// From the first failure of the run that is under way at the period's start, else the last success before it, through
// the first success from its end on; nothing that started at as_of or later.
Expected<Period> range_of(const Scope& scope, std::span<const SeriesKey> keys) {
  const Period& period = scope.period;
  auto success = best(
      scope, keys,
      [&](HistorySource& source, const SeriesKey& key) { return source.last_success_before(key, period.from); },
      kLater);
  if (!success) return std::unexpected(success.error());
  auto run = best(
      scope, keys, [&](HistorySource& source, const SeriesKey& key) { return source.run_start(key, period.from); },
      kEarlier);
  if (!run) return std::unexpected(run.error());
  auto end = best(
      scope, keys,
      [&](HistorySource& source, const SeriesKey& key) { return source.first_success_from(key, period.to); }, kEarlier);
  if (!end) return std::unexpected(end.error());
  // A run under another name, or in another store, that a later success has ended is over.
  const bool under_way = *run && (!*success || **run > **success);
  const Time from = under_way ? **run : success->value_or(period.from);
  const Time to = *end ? **end + Micros(1) : Time::max();
  return Period{from, std::min(to, scope.asked.as_of)};
}

Expected<std::vector<ResultRow>> rows_of(const Scope& scope, const SeriesKey& key, const Period& range) {
  std::vector<ResultRow> all;
  for (HistorySource* source : scope.sources) {
    auto rows = source->rows(key, range);
    if (!rows) return rows;
    all.insert(all.end(), rows->begin(), rows->end());
  }
  std::ranges::stable_sort(all, {}, &ResultRow::start);
  all.erase(std::ranges::unique(all, {}, &ResultRow::start).begin(), all.end());
  return all;
}

using Line = std::function<void(std::string_view)>;

Expected<void> visit_results(Scope& scope, const Line& line) {
  std::set<std::pair<std::string, std::string>> keys;
  std::map<std::pair<std::string, std::string>, std::vector<SeriesKey>> by_present_name;
  for (HistorySource* source : scope.sources) {
    const auto series = source->series();
    if (!series) return std::unexpected(series.error());
    for (const SeriesKey& key : *series) {
      const auto found = scope.schedules.find(key.check);
      if (found == scope.schedules.end() || !keys.emplace(key.check, key.region).second) continue;
      by_present_name[{found->second->name, key.region}].push_back(key);
    }
  }
  for (const auto& [check, region] : keys) {
    const SeriesKey key{check, region};
    const auto range = range_of(scope, by_present_name[{scope.schedules.find(check)->second->name, region}]);
    if (!range) return std::unexpected(range.error());
    const auto rows = rows_of(scope, key, *range);
    if (!rows) return std::unexpected(rows.error());
    for (const ResultRow& row : *rows) line(store::format_result_line({key, row, {}}) + "\n");
    if (rows->empty()) continue;
    scope.read.from = std::min(scope.read.from, rows->front().start);
    scope.read.to = std::max(scope.read.to, rows->back().start);
  }
  return {};
}

// ---- the rest, as JSON objects of one member, sorted by their bytes

using Lines = std::set<std::string>;

void add_line(Lines& lines, const char* kind, Json value) {
  lines.insert(dump_json(Json{{kind, std::move(value)}}) + "\n");
}
void write(const Lines& lines, const Line& line) {
  for (const std::string& one : lines) line(one);
}

bool touches(const config::Maintenance& window, const Period& period) {
  const Period& span = window.once ? *window.once : window.in_force;
  return span.from < period.to && period.from < span.to;
}

Json edge_json(Time time) {
  return time == Time::min() || time == Time::max() ? Json() : Json(format_time(time));
}

Json exclusion_json(const config::Maintenance& window) {
  Json json = {{"service", text_or_null(window.service)}};
  if (window.once) {
    json["from"] = format_time(window.once->from);
    json["to"] = format_time(window.once->to);
  } else {
    json["schedule"] = window.weekly->text;
    json["time_zone"] = window.time_zone;
    json["in_force_from"] = edge_json(window.in_force.from);
    json["in_force_to"] = edge_json(window.in_force.to);
  }
  json["reason"] = window.reason;
  json["author"] = window.author;
  return json;
}

Expected<void> visit_exclusions(const Scope& scope, const Line& line) {
  const auto windows = stored_windows(scope.sources, scope.config);
  if (!windows) return std::unexpected(windows.error());
  Lines lines;
  for (config::Maintenance window : *windows) {
    if (!window.excluded || !touches(window, scope.period)) continue;
    // One that is taken out after the period is the same in it.
    if (!window.once && window.in_force.to >= scope.period.to) window.in_force.to = Time::max();
    add_line(lines, "exclusion", exclusion_json(window));
  }
  write(lines, line);
  return {};
}

Expected<void> visit_clock_steps(const Scope& scope, const Line& line) {
  Lines lines;
  for (HistorySource* source : scope.sources) {
    const auto steps = source->clock_steps();
    if (!steps) return std::unexpected(steps.error());
    for (const store::ClockStepEntry& step : *steps) {
      if (step.at < scope.read.from || step.at > scope.read.to) continue;
      add_line(lines, "clock_step",
               {{"region", step.region}, {"at", format_time(step.at)}, {"step_us", micros_json(step.step)}});
    }
  }
  write(lines, line);
  return {};
}

Json settings_json(const store::SettingsEntry& entry) {
  return {{"check", entry.check},
          {"from", format_time(entry.from)},
          {"interval_us", micros_json(entry.interval)},
          {"stale_after_us", micros_json(entry.stale_after)},
          {"warning", entry.warning},
          {"service", text_or_null(entry.service)},
          {"removed", entry.removed}};
}

// In force before the first load was stored, and where none was: what the configuration says now.
Json present_json(const config::Schedule& schedule) {
  return {{"check", schedule.name},
          {"from", nullptr},
          {"interval_us", micros_json(schedule.interval)},
          {"stale_after_us", micros_json(schedule.stale_after)},
          {"warning", schedule.thresholds.warning},
          {"service", text_or_null(schedule.service)},
          {"removed", false}};
}

Expected<void> visit_settings(const Scope& scope, const Line& line) {
  std::map<std::string, std::vector<store::SettingsEntry>> stored;  // by present name, in order of time
  for (HistorySource* source : scope.sources) {
    auto entries = source->settings();
    if (!entries) return std::unexpected(entries.error());
    for (store::SettingsEntry& entry : *entries) {
      const auto found = scope.schedules.find(entry.check);
      if (found != scope.schedules.end()) stored[found->second->name].push_back(std::move(entry));
    }
  }
  Lines lines;
  for (const auto& [name, schedule] : scope.schedules) {
    if (name != schedule->name) continue;
    auto& entries = stored[name];
    std::ranges::stable_sort(entries, {}, &store::SettingsEntry::from);
    if (entries.empty()) add_line(lines, "settings", present_json(*schedule));
    // Later ones change nothing of the period; the first holds for the time before it too.
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i == 0 || entries[i].from < scope.period.to) add_line(lines, "settings", settings_json(entries[i]));
    }
  }
  write(lines, line);
  return {};
}

std::string_view combine_name(config::Combine combine) {
  return combine == config::Combine::any ? "any" : "all";
}

Json quorum_json(const config::Quorum& quorum) {
  switch (quorum.kind) {
    case config::Quorum::Kind::majority:
      return "majority";
    case config::Quorum::Kind::any:
      return "any";
    case config::Quorum::Kind::all:
      return "all";
    case config::Quorum::Kind::number:
      return quorum.number;
  }
  return nullptr;
}

Json names_json(const std::vector<std::string>& names, const Scope& scope) {
  Json list = Json::array();
  for (const std::string& name : names) {
    const auto found = scope.schedules.find(name);
    list.push_back(
        {{"name", name},
         {"formerly", found == scope.schedules.end() ? std::vector<std::string>() : found->second->formerly}});
  }
  return list;
}

template <class T>
Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json objective_json(const Scope& scope, const config::Objective& objective, const sla::ReportPeriod& period) {
  const auto& regions = objective.regions.empty() ? scope.config.regions : objective.regions;
  Json json = {{"name", objective.name},
               {"from", format_time(period.period.from)},
               {"to", format_time(period.period.to)},
               {"target", objective.target.text},
               {"critical", objective.critical ? Json(objective.critical->text) : Json()},
               {"checks", names_json(objective.checks, scope)},
               {"journeys", names_json(objective.journeys, scope)},
               {"regions", regions},
               {"min_regions", value_or_null(objective.min_regions)},
               {"quorum", quorum_json(objective.quorum)},
               {"combine", combine_name(objective.combine)},
               {"confirm_after", value_or_null(objective.confirm_after)},
               {"min_coverage", objective.min_coverage ? Json(objective.min_coverage->text()) : Json()},
               {"min_samples", objective.min_samples},
               {"hours", objective.hours ? Json(objective.hours->text) : Json()},
               {"time_zone", objective.time_zone}};
  if (objective.indicator == config::Indicator::latency) {
    json["percentile"] = objective.percentile.text();
    json["of"] = reports::latency_of_name(objective.of);
  }
  if (objective.indicator == config::Indicator::error_rate) {
    json["errors"] = objective.errors == config::ErrorsAre::server ? "server" : "failures";
  }
  return json;
}

}  // namespace

Expected<void> visit_inputs(const config::Config& config, const InputScope& asked, Sources sources,
                            const std::function<void(std::string_view)>& line) {
  Scope scope{config, asked, sources};
  add_schedules(scope);
  if (auto done = visit_results(scope, line); !done) return done;
  if (auto done = visit_exclusions(scope, line); !done) return done;
  if (auto done = visit_clock_steps(scope, line); !done) return done;
  if (auto done = visit_settings(scope, line); !done) return done;
  for (std::size_t i = 0; i < asked.objectives.size(); ++i) {
    line(dump_json(Json{{"objective", objective_json(scope, *asked.objectives[i], asked.periods[i])}}) + "\n");
  }
  return {};
}

Expected<std::string> fingerprint(const config::Config& config, const InputScope& asked, Sources sources) {
  Sha256 digest;
  const auto add = [&](std::string_view line) { digest.add(line); };
  if (auto done = visit_inputs(config, asked, sources, add); !done) return std::unexpected(done.error());
  return hex(digest.finish());
}

}  // namespace nines::agent
