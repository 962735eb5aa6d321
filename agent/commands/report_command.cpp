#include <fmt/format.h>
#include <unistd.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/pdf.hpp"
#include "agent/report_builder.hpp"
#include "base/clock.hpp"
#include "reports/report.hpp"
#include "sla/calendar.hpp"

namespace nines::agent {
namespace {

bool given(const std::string& option) {
  return !option.empty();
}

// What was asked for, told to be wrong once and early.
Expected<void> check_options(const ReportOptions& options) {
  const int periods = given(options.period.month) + given(options.period.quarter) + given(options.period.year) +
                      given(options.period.last) + (given(options.period.from) || given(options.period.to));
  if (periods > 1) return fail("give one of --month, --quarter, --year, --last and --from with --to");
  if (given(options.period.from) != given(options.period.to)) return fail("--from and --to belong together");
  if (options.format == ReportFormat::pdf && !given(options.output) && ::isatty(STDOUT_FILENO) == 1)
    return fail("a PDF is not for a terminal: give -o FILE, or send the output elsewhere");
  return {};
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

Exit exit_of(const reports::Report& report) {
  Exit exit = Exit::passed;
  for (const sla::Evaluation& evaluation : report.objectives) {
    if (evaluation.verdict == sla::Verdict::missed) exit = worse(exit, Exit::failed);
    if (evaluation.verdict == sla::Verdict::inconclusive) exit = worse(exit, Exit::inconclusive);
  }
  return exit;
}

Expected<std::string> rendered(const reports::Report& report, ReportFormat format) {
  switch (format) {
    case ReportFormat::json:
      return reports::to_json(report);
    case ReportFormat::markdown:
      return reports::to_markdown(report);
    case ReportFormat::html:
      return reports::to_html(report);
    case ReportFormat::csv:
      return reports::to_csv(report);
    case ReportFormat::pdf:
      return print_pdf(reports::to_html(report, reports::Paper::a4), report.generated_at);
  }
  return reports::to_markdown(report);
}

}  // namespace

Exit report_command(const ReportOptions& options) {
  if (auto checked = check_options(options); !checked) return tell(checked.error(), Exit::usage);
  const auto config = load_or_tell(options.config);
  if (!config) return Exit::usage;
  if (config->objectives.empty()) {
    return tell(Error{fmt::format("{} has no objectives: there is nothing to report", options.config)}, Exit::usage);
  }

  ReportPlan plan;
  plan.config = config;
  plan.generated_at = system_clock().now();
  plan.as_of = plan.generated_at;
  if (given(options.as_of)) {
    auto as_of = sla::parse_local(options.as_of, "UTC");
    if (!as_of) return tell(Error{"--as-of: " + as_of.error().message}, Exit::usage);
    if (*as_of > plan.generated_at)
      return tell(Error{"--as-of is in the future: expected a time that has been"}, Exit::usage);
    plan.as_of = *as_of;
  }
  for (const config::Objective& objective : config->objectives) {
    auto period = period_of(options.period, objective, plan.as_of);
    if (!period) return tell(period.error(), Exit::usage);
    if (period->period.from >= plan.as_of) {
      return tell(Error{fmt::format("{} has not begun: there is nothing to report", period->label)}, Exit::usage);
    }
    plan.objectives.push_back(&objective);
    plan.periods.push_back(std::move(*period));
  }
  auto readers = open_all(options, *config);
  if (!readers) return tell(readers.error(), Exit::broken);
  const auto report = build_report(plan, *readers);
  if (!report) return tell(report.error(), Exit::broken);

  const auto text = rendered(*report, options.format);
  if (!text) return tell(text.error(), Exit::broken);
  if (auto written = write_output(options.output, *text); !written) return tell(written.error(), Exit::broken);
  return options.exit_zero ? Exit::passed : exit_of(*report);
}

}  // namespace nines::agent
