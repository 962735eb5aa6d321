#include "agent/report_builder.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "agent/objectives.hpp"
#include "base/version.hpp"
#include "sla/calendar.hpp"
#include "sla/evaluate.hpp"

namespace nines::agent {
namespace {

Expected<sla::ReportPeriod> span_between(const PeriodOptions& options, const std::string& zone) {
  auto from = sla::parse_local(options.from, zone);
  if (!from) return fail("--from: " + from.error().message);
  auto to = sla::parse_local(options.to, zone);
  if (!to) return fail("--to: " + to.error().message);
  if (*from >= *to) return fail("--from must be before --to");
  return sla::ReportPeriod{{*from, *to}, zone, fmt::format("{} – {}", format_time(*from, 0), format_time(*to, 0))};
}

Expected<sla::ReportPeriod> asked_period(const PeriodOptions& options, const config::Objective& objective, Time as_of) {
  const std::string& zone = objective.time_zone;
  if (!options.month.empty()) return sla::month(options.month, zone);
  if (!options.quarter.empty()) return sla::quarter(options.quarter, zone);
  if (!options.year.empty()) return sla::year(options.year, zone);
  if (!options.from.empty()) return span_between(options, zone);
  if (!options.last.empty()) {
    auto length = parse_duration(options.last);
    if (!length) return fail("--last: " + length.error().message);
    if (*length == Micros(0)) return fail("--last: expected a span such as 30d");
    return sla::ReportPeriod{{as_of - *length, as_of}, zone, "last " + options.last};
  }
  return sla::current_period(objective, as_of);
}

bool touches(const config::Maintenance& window, const Period& period) {
  const Period& span = window.once ? *window.once : window.in_force;
  return span.from < period.to && period.from < span.to;
}

}  // namespace

Expected<sla::ReportPeriod> period_of(const PeriodOptions& options, const config::Objective& objective, Time as_of) {
  auto period = asked_period(options, objective, as_of);
  const bool calendar = !options.month.empty() || !options.quarter.empty() || !options.year.empty();
  if (period && calendar && objective.window.kind == config::Window::Kind::rolling) {
    period->period.to = std::min(period->period.to, as_of);
    period->period.from = period->period.to - objective.window.length;
    period->label = fmt::format("{} to the end of {}", format_duration(objective.window.length), period->label);
  }
  return period;
}

Expected<reports::Report> build_report(const ReportPlan& plan, std::span<store::Reader> readers) {
  return build_report(plan, StoreSources(readers));
}

Expected<reports::Report> build_report(const ReportPlan& plan, Sources sources) {
  const config::Config& config = *plan.config;
  reports::Report report;
  report.generated_at = plan.generated_at;
  report.as_of = plan.as_of;
  report.version = kVersion;
  report.environment = config.environment;
  report.config = plan.config;
  report.contract = plan.contract;

  std::set<std::string> regions;
  for (std::size_t i = 0; i < plan.objectives.size(); ++i) {
    const config::Objective& objective = *plan.objectives[i];
    auto history = load_history(sources, config, objective, plan.periods[i].period);
    if (!history) return std::unexpected(history.error());
    for (const sla::Series& series : history->series) {
      if (!series.rows.empty() || series.key.region == config.region) regions.insert(series.key.region);
    }
    report.objectives.push_back(sla::evaluate(objective, plan.periods[i], plan.as_of, *history, config.regions));
  }
  report.regions.assign(regions.begin(), regions.end());
  auto windows = stored_windows(sources, config);
  if (!windows) return std::unexpected(windows.error());
  std::ranges::copy_if(*windows, std::back_inserter(report.exclusions), [&](const auto& window) {
    return window.excluded &&
           std::ranges::any_of(plan.periods, [&](const auto& period) { return touches(window, period.period); });
  });
  // What came later is not of this report.
  for (config::Maintenance& window : report.exclusions) {
    if (window.removed && window.removed->at >= plan.as_of) window.removed.reset();
  }
  return report;
}

}  // namespace nines::agent
