#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/objectives.hpp"
#include "base/clock.hpp"
#include "base/version.hpp"
#include "reports/report.hpp"
#include "sla/calendar.hpp"
#include "sla/evaluate.hpp"

namespace nines::agent {
namespace {

bool given(const std::string& option) {
  return !option.empty();
}

// What was asked for, told to be wrong once and early.
Expected<void> check_options(const ReportOptions& options) {
  const int periods = given(options.month) + given(options.quarter) + given(options.year) + given(options.last) +
                      (given(options.from) || given(options.to));
  if (periods > 1) return fail("give one of --month, --quarter, --year, --last and --from with --to");
  if (given(options.from) != given(options.to)) return fail("--from and --to belong together");
  return {};
}

Expected<sla::ReportPeriod> span_between(const ReportOptions& options, const std::string& zone) {
  auto from = sla::parse_local(options.from, zone);
  if (!from) return fail("--from: " + from.error().message);
  auto to = sla::parse_local(options.to, zone);
  if (!to) return fail("--to: " + to.error().message);
  if (*from >= *to) return fail("--from must be before --to");
  return sla::ReportPeriod{{*from, *to}, zone, fmt::format("{} – {}", format_time(*from, 0), format_time(*to, 0))};
}

Expected<sla::ReportPeriod> asked_period(const ReportOptions& options, const config::Objective& objective, Time as_of) {
  const std::string& zone = objective.time_zone;
  if (given(options.month)) return sla::month(options.month, zone);
  if (given(options.quarter)) return sla::quarter(options.quarter, zone);
  if (given(options.year)) return sla::year(options.year, zone);
  if (given(options.from)) return span_between(options, zone);
  if (given(options.last)) {
    auto length = parse_duration(options.last);
    if (!length) return fail("--last: " + length.error().message);
    if (*length == Micros(0)) return fail("--last: expected a span such as 30d");
    return sla::ReportPeriod{{as_of - *length, as_of}, zone, "last " + options.last};
  }
  return sla::current_period(objective, as_of);
}

// --month and its kin replace calendar windows; a rolling window keeps its length and ends where they end, or now.
Expected<sla::ReportPeriod> period_of(const ReportOptions& options, const config::Objective& objective, Time as_of) {
  auto period = asked_period(options, objective, as_of);
  const bool calendar = given(options.month) || given(options.quarter) || given(options.year);
  if (period && calendar && objective.window.kind == config::Window::Kind::rolling) {
    period->period.to = std::min(period->period.to, as_of);
    period->period.from = period->period.to - objective.window.length;
    period->label = fmt::format("{} to the end of {}", format_duration(objective.window.length), period->label);
  }
  return period;
}

Expected<std::vector<store::Reader>> open_all(const ReportOptions& options, const config::Config& config) {
  std::vector<std::string> dirs = options.data_dirs;
  if (dirs.empty()) dirs.push_back(config.data_dir);
  std::vector<store::Reader> readers;
  for (const std::string& dir : dirs) {
    auto reader = store::open_reader(dir);
    if (!reader) return std::unexpected(reader.error());
    readers.push_back(std::move(*reader));
  }
  return readers;
}

bool touches(const config::Maintenance& window, const Period& period) {
  return !window.once || (window.once->from < period.to && period.from < window.once->to);
}

Exit exit_of(const reports::Report& report) {
  Exit exit = Exit::passed;
  for (const sla::Evaluation& evaluation : report.objectives) {
    if (evaluation.verdict == sla::Verdict::missed) exit = worse(exit, Exit::failed);
    if (evaluation.verdict == sla::Verdict::inconclusive) exit = worse(exit, Exit::inconclusive);
  }
  return exit;
}

}  // namespace

Exit report_command(const ReportOptions& options) {
  if (auto checked = check_options(options); !checked) return tell(checked.error(), Exit::usage);
  const auto config = load_or_tell(options.config);
  if (!config) return Exit::usage;
  if (config->objectives.empty()) {
    return tell(Error{fmt::format("{} has no objectives: there is nothing to report", options.config)}, Exit::usage);
  }

  reports::Report report;
  report.generated_at = system_clock().now();
  report.as_of = report.generated_at;
  if (given(options.as_of)) {
    auto as_of = sla::parse_local(options.as_of, "UTC");
    if (!as_of) return tell(Error{"--as-of: " + as_of.error().message}, Exit::usage);
    if (*as_of > report.generated_at)
      return tell(Error{"--as-of is in the future: expected a time that has been"}, Exit::usage);
    report.as_of = *as_of;
  }
  report.version = kVersion;
  report.environment = config->environment;
  report.config = config;

  std::vector<sla::ReportPeriod> periods;
  for (const config::Objective& objective : config->objectives) {
    auto period = period_of(options, objective, report.as_of);
    if (!period) return tell(period.error(), Exit::usage);
    if (period->period.from >= report.as_of) {
      return tell(Error{fmt::format("{} has not begun: there is nothing to report", period->label)}, Exit::usage);
    }
    periods.push_back(std::move(*period));
  }
  auto readers = open_all(options, *config);
  if (!readers) return tell(readers.error(), Exit::broken);

  std::set<std::string> regions;
  for (std::size_t i = 0; i < periods.size(); ++i) {
    const config::Objective& objective = config->objectives[i];
    auto history = load_history(*readers, *config, objective, periods[i].period);
    if (!history) return tell(history.error(), Exit::broken);
    for (const sla::Series& series : history->series) regions.insert(series.key.region);
    report.objectives.push_back(sla::evaluate(objective, periods[i], report.as_of, *history, config->regions));
  }
  report.regions.assign(regions.begin(), regions.end());
  std::ranges::copy_if(config->maintenance, std::back_inserter(report.exclusions), [&](const auto& window) {
    return window.excluded &&
           std::ranges::any_of(periods, [&](const auto& period) { return touches(window, period.period); });
  });

  const std::string text =
      options.format == ReportFormat::json ? reports::to_json(report) : reports::to_markdown(report);
  if (auto written = write_output(options.output, text); !written) return tell(written.error(), Exit::broken);
  return options.exit_zero ? Exit::passed : exit_of(report);
}

}  // namespace nines::agent
