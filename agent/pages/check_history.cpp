#include <algorithm>

#include <fmt/format.h>

#include "agent/history_source.hpp"
#include "agent/incidents/subjects.hpp"
#include "agent/objectives.hpp"
#include "agent/pages/check_page.hpp"
#include "reports/over_time.hpp"
#include "sla/evaluate.hpp"
#include "sla/subject.hpp"

namespace nines::agent {
namespace {

using std::chrono::days;

// The check alone. Nothing is promised of it: its target is what no result can miss by being well.
config::Objective objective_of(const config::Config& config, const config::Schedule& schedule, bool journey,
                               config::Indicator indicator) {
  config::Objective objective;
  objective.name = schedule.name;
  objective.service = schedule.service;
  (journey ? objective.journeys : objective.checks) = {schedule.name};
  objective.indicator = indicator;
  objective.regions = {config.region};
  objective.min_regions = 1;
  if (indicator == config::Indicator::latency) {
    objective.percentile = Decimal(95, 0);
    objective.target = {config::Comparison::less, Decimal(days(1) / Micros(1), 0), "< 1d"};
  } else {
    objective.target = {config::Comparison::greater_equal, Decimal(1, 0), "100%"};
  }
  return objective;
}

reports::CheckFigures figures_of(const std::shared_ptr<const config::Objective>& objective, const Period& period,
                                 std::string label, const sla::History& history) {
  const sla::ReportPeriod whole{period, "UTC", std::move(label)};
  const sla::Subject subject = sla::make_subject(*objective, period, period.to, history, objective->regions);
  reports::CheckFigures figures{objective, sla::evaluate(subject, whole, period.to), {}};
  figures.detail = reports::over_time(subject, figures.evaluation);
  return figures;
}

// [the first start, the last start] that is stored of the check, under any name.
Expected<std::optional<Period>> extent_of(HistorySource& source, const std::vector<std::string>& names) {
  const auto keys = source.series();
  if (!keys) return std::unexpected(keys.error());
  std::optional<Period> all;
  for (const SeriesKey& key : *keys) {
    if (std::ranges::find(names, key.check) == names.end()) continue;
    const auto extent = source.extent(key);
    if (!extent) return std::unexpected(extent.error());
    if (!*extent) continue;
    if (!all) all = **extent;
    all = Period{std::min(all->from, (*extent)->from), std::max(all->to, (*extent)->to)};
  }
  return all;
}

std::string label_of(const Period& period) {
  if (period.length() > days(2)) return fmt::format("last {} days", std::chrono::ceil<days>(period.length()).count());
  return "last " + say_duration(std::max<Micros>(std::chrono::floor<std::chrono::minutes>(period.length()),
                                                 std::chrono::minutes(1)));
}

// The evidence of the last failure of the target's in these results.
Expected<std::optional<reports::LastFailure>> last_failure(HistorySource& source, const std::vector<std::string>& names,
                                                           const std::string& region, const sla::History& history,
                                                           const std::string& check) {
  const ResultRow* last = nullptr;
  for (const sla::Series& series : history.series) {
    if (series.key.check != check) continue;
    for (const ResultRow& row : series.rows) {
      const bool failed = !row.success() && !is_agent_fault(row.reason);
      if (failed && (last == nullptr || row.start > last->start)) last = &row;
    }
  }
  if (last == nullptr) return std::nullopt;
  reports::LastFailure failure{last->start, last->reason, {}};
  for (const std::string& name : names) {
    auto evidence = source.evidence({name, region}, {last->start, last->start + Micros(1)}, 1);
    if (!evidence) return std::unexpected(evidence.error());
    if (!evidence->empty()) failure.evidence = std::move(evidence->front().evidence);
  }
  return failure;
}

}  // namespace

Expected<CheckHistory> read_check_history(store::Reader& reader, const config::Config& config,
                                          const config::Schedule& schedule, bool journey, Time now) {
  StoreSource stored(reader);
  OneRegion own(stored, config.region);
  const std::vector<std::string> names = names_of_check(config, schedule.name);
  CheckHistory result;
  const auto extent = extent_of(own, names);
  if (!extent) return std::unexpected(extent.error());
  if (!*extent || (*extent)->from >= now) return result;

  // From the beginning of a day, so that the strip has no part of one there.
  const auto day_before = [now](Micros span) { return std::chrono::floor<days>(now) - span + days(1); };
  const Period shown{std::max<Time>((*extent)->from, day_before(kShownUptime)), now};
  const auto uptime =
      std::make_shared<const config::Objective>(objective_of(config, schedule, journey, config::Indicator::uptime));
  HistorySource* const sources[] = {&own};
  const auto history = load_history(Sources(sources), config, *uptime, shown);
  if (!history) return std::unexpected(history.error());
  result.uptime = figures_of(uptime, shown, label_of(shown), *history);
  if (shown.from < day_before(kRecentUptime)) {
    result.recent = figures_of(uptime, {day_before(kRecentUptime), now}, "last 30 days", *history);
  }
  auto failure = last_failure(own, names, config.region, *history, schedule.name);
  if (!failure) return std::unexpected(failure.error());
  result.failure = std::move(*failure);

  const auto latency =
      std::make_shared<const config::Objective>(objective_of(config, schedule, journey, config::Indicator::latency));
  const Period day{now - kShownLatency, now};
  Reading slices;
  for (const Period& slice : reports::slices_of(day)) slices.moments.push_back(slice.from);
  const auto timed = load_history(Sources(sources), config, *latency, day, slices);
  if (!timed) return std::unexpected(timed.error());
  result.latency = figures_of(latency, day, "last 24 hours", *timed);
  return result;
}

std::optional<reports::LatencyTarget> latency_target_of(const config::Config& config, const std::string& name) {
  std::optional<reports::LatencyTarget> strictest;
  for (const config::Objective& objective : config.objectives) {
    if (objective.indicator != config::Indicator::latency) continue;
    const auto covers = [&](const auto& list) { return std::ranges::find(list, name) != list.end(); };
    if (!covers(objective.checks) && !covers(objective.journeys)) continue;
    if (strictest && strictest->limit.value <= objective.target.value) continue;
    strictest = {objective.name, objective.target};
  }
  return strictest;
}

}  // namespace nines::agent
