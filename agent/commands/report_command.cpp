#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/freeze.hpp"
#include "agent/pdf.hpp"
#include "agent/progress.hpp"
#include "agent/report_builder.hpp"
#include "agent/report_sources.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "reports/report.hpp"
#include "sla/calendar.hpp"

namespace nines::agent {
namespace {

// Reading is bound by memory beyond.
constexpr unsigned kMostThreads = 4;

bool given(const std::string& option) {
  return !option.empty();
}

// What was asked for, told to be wrong once and early.
Expected<void> check_options(const ReportOptions& options) {
  const int periods = given(options.period.month) + given(options.period.quarter) + given(options.period.year) +
                      given(options.period.last) + (given(options.period.from) || given(options.period.to));
  if (periods > 1) return fail("give one of --month, --quarter, --year, --last and --from with --to");
  if (given(options.period.from) != given(options.period.to)) return fail("--from and --to belong together");
  if (options.freeze && (!given(options.period.month) || given(options.as_of))) {
    return fail("--freeze is for a month: give --month, and no --as-of");
  }
  if (given(options.verify) && (periods > 0 || given(options.as_of))) {
    return fail("--verify takes the period and --as-of from the report: give neither");
  }
  if (options.format == ReportFormat::pdf && !given(options.output) && ::isatty(STDOUT_FILENO) == 1) {
    return fail("a PDF is not for a terminal: give -o FILE, or send the output elsewhere");
  }
  return {};
}

Expected<ReportSources> open_all(const ReportOptions& options, const config::Config& config) {
  std::vector<std::string> dirs = options.data_dirs;
  if (dirs.empty() && options.agents.empty()) dirs.push_back(config.data_dir);
  return ReportSources::open(dirs, options.agents, config);
}

// Never left out in silence.
void tell_unreachable(const ReportSources& sources) {
  for (const reports::Unreachable& agent : sources.unreachable()) {
    tell(fmt::format("warning: {} cannot be reached, so the time of its region{} is unknown: {}", agent.agent,
                     agent.region.empty() ? std::string() : " " + agent.region, agent.why));
  }
}

std::string first_data_dir(const ReportOptions& options, const config::Config& config) {
  return options.data_dirs.empty() ? config.data_dir : options.data_dirs.front();
}

std::string known_contracts(const config::Config& config) {
  if (config.contracts.empty()) return "`contracts` in it";
  std::string names;
  for (const config::Contract& contract : config.contracts) {
    names += (names.empty() ? "" : ", ") + printable(contract.name);
  }
  return "one of " + names + ", or all";
}

Exit exit_of(const reports::Report& report) {
  Exit exit = Exit::passed;
  for (const sla::Evaluation& evaluation : report.objectives) {
    if (evaluation.verdict == sla::Verdict::missed) exit = worse(exit, Exit::failed);
    if (evaluation.verdict == sla::Verdict::inconclusive) exit = worse(exit, Exit::inconclusive);
  }
  return exit;
}

std::string_view ending_of(ReportFormat format) {
  switch (format) {
    case ReportFormat::json:
      return ".json";
    case ReportFormat::html:
      return ".html";
    case ReportFormat::csv:
      return ".csv";
    case ReportFormat::pdf:
      return ".pdf";
    case ReportFormat::markdown:
      break;
  }
  return ".md";
}

Expected<std::string> rendered(const reports::Report& report, ReportFormat format) {
  switch (format) {
    case ReportFormat::json:
      return reports::to_json(report);
    case ReportFormat::html:
      return reports::to_html(report);
    case ReportFormat::csv:
      return reports::to_csv(report);
    case ReportFormat::pdf:
      return print_pdf(reports::to_html(report, reports::Paper::a4), report.generated_at);
    case ReportFormat::markdown:
      break;
  }
  return reports::to_markdown(report);
}

// What is written where.
struct Order {
  const config::Contract* contract = nullptr;
  std::string output;
};

Expected<std::vector<Order>> orders_of(const ReportOptions& options, const config::Config& config) {
  if (options.contract.empty()) return std::vector<Order>{{nullptr, options.output}};
  if (options.contract != config::kEveryContract) {
    const auto found = std::ranges::find(config.contracts, options.contract, &config::Contract::name);
    if (found != config.contracts.end()) return std::vector<Order>{{&*found, options.output}};
    return fail(fmt::format("--contract: {} has no contract \"{}\": expected {}", options.config,
                            printable(options.contract), known_contracts(config)));
  }
  if (config.contracts.empty()) return fail(fmt::format("--contract all: {} has no contracts", options.config));
  if (options.output.empty()) return fail("--contract all writes a file for each contract: expected a directory in -o");
  std::vector<Order> orders;
  for (const config::Contract& contract : config.contracts) {
    orders.push_back({&contract, (std::filesystem::path(options.output) /
                                  (contract_file_name(contract) + std::string(ending_of(options.format))))
                                     .string()});
    for (std::size_t i = 0; i + 1 < orders.size(); ++i) {
      if (orders[i].output != orders.back().output) continue;
      return fail(fmt::format("the contracts \"{}\" and \"{}\" would be written to the same file {}",
                              orders[i].contract->name, contract.name, orders[i].output));
    }
  }
  std::error_code failed;
  std::filesystem::create_directories(options.output, failed);
  return orders;
}

bool covers(const config::Contract* contract, const config::Objective& objective) {
  return contract == nullptr || std::ranges::find(contract->objectives, objective.name) != contract->objectives.end();
}

Expected<ReportPlan> plan_of(const ReportOptions& options, std::shared_ptr<const config::Config> config, Time now) {
  ReportPlan plan;
  plan.config = std::move(config);
  plan.generated_at = now;
  plan.as_of = now;
  plan.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads));
  if (!given(options.as_of)) return plan;
  auto as_of = sla::parse_local(options.as_of, "UTC");
  if (!as_of) return fail("--as-of: " + as_of.error().message);
  if (*as_of > now) return fail("--as-of is in the future: expected a time that has been");
  plan.as_of = *as_of;
  return plan;
}

Expected<void> add_objectives(const ReportOptions& options, const config::Contract* contract, ReportPlan& plan) {
  plan.contract = contract;
  plan.objectives.clear();
  plan.periods.clear();
  for (const config::Objective& objective : plan.config->objectives) {
    if (!covers(contract, objective)) continue;
    auto period = period_of(options.period, objective, plan.as_of);
    if (!period) return std::unexpected(period.error());
    if (period->period.from >= plan.as_of) {
      return fail(fmt::format("{} has not begun: there is nothing to report", period->label));
    }
    plan.objectives.push_back(&objective);
    plan.periods.push_back(std::move(*period));
  }
  return {};
}

Exit write_report(const ReportOptions& options, const Order& order, const reports::Report& report) {
  const auto text = rendered(report, options.format);
  if (!text) return tell(text.error(), Exit::broken);
  if (auto written = write_output(order.output, *text); !written) return tell(written.error(), Exit::broken);
  return options.exit_zero ? Exit::passed : exit_of(report);
}

Exit make_report(const ReportOptions& options, const Order& order, ReportPlan& plan, ReportSources& sources) {
  Progress progress(order.contract == nullptr ? "report" : "report of " + printable(order.contract->name));
  plan.progress = [&progress](std::size_t done, std::size_t of) { progress.show(done, of); };
  auto report = with_reachable(sources, [&](Sources reachable) { return build_report(plan, reachable); });
  plan.progress = {};
  progress.clear();
  if (!report) return tell(report.error(), Exit::broken);
  report->unreachable = sources.unreachable();
  return write_report(options, order, *report);
}

// ---- --freeze

Expected<void> check_closed(const ReportPlan& plan) {
  for (const sla::ReportPeriod& period : plan.periods) {
    if (period.period.to <= plan.as_of) continue;
    return fail(fmt::format("{} is still running in {}: a month can be frozen when it is over", period.label,
                            period.time_zone));
  }
  return {};
}

Exit refuse_revision(const FreezeOutcome& outcome) {
  for (const Difference& difference : outcome.differences) tell(difference.text());
  return tell(Error{fmt::format("{} is frozen (revision {}, {}) and comes out otherwise now: give --reason to write "
                                "revision {}",
                                outcome.month.month, outcome.month.revision, format_time(outcome.month.made, 0),
                                outcome.month.revision + 1)},
              Exit::usage);
}

Exit freeze_month(const ReportOptions& options, const Order& order, const ReportPlan& plan, ReportSources& sources) {
  if (auto closed = check_closed(plan); !closed) return tell(closed.error(), Exit::usage);
  const FreezeRequest request{.month = options.period.month,
                              .region = {},
                              .reason = options.reason,
                              .data_dir = first_data_dir(options, *plan.config),
                              .ways = {}};
  // Not without a region that should be in it: that would have to be revised.
  const auto outcome = freeze(plan, request, sources.all());
  if (!outcome) return tell(outcome.error(), Exit::broken);
  if (!outcome->differences.empty()) return refuse_revision(*outcome);
  const store::FrozenMonth& month = outcome->month;
  tell(outcome->written
           ? fmt::format("{} is frozen: revision {}, SHA-256 of the inputs {}", month.month, month.revision,
                         month.fingerprint)
           : fmt::format("{} was frozen at {} (revision {}): the inputs and every figure are the same, nothing was "
                         "written",
                         month.month, format_time(month.made, 0), month.revision));
  return write_report(options, order, outcome->report);
}

// ---- --verify

Expected<std::string> read_report(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) return fail(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return text;
}

Exit verify_report(const ReportOptions& options, const std::shared_ptr<const config::Config>& config,
                   ReportSources& sources) {
  const auto text = read_report(options.verify);
  if (!text) return tell(text.error(), Exit::usage);
  const auto verification = verify(*text, config, sources.all());
  if (!verification) {
    Error error = verification.error();
    if (!error.at) return tell(error, Exit::broken);
    error.at->file = options.verify;
    return tell(error, Exit::usage);
  }
  if (verification->nothing_stored) {
    return tell(Error{fmt::format("the store holds no results of the time of {}: it cannot be said whether it holds",
                                  options.verify)},
                Exit::inconclusive);
  }
  std::string said;
  for (const Difference& difference : verification->differences) said += difference.text() + "\n";
  said += verification->differences.empty() ? fmt::format("{} holds: every figure of {} objectives is the same\n",
                                                          options.verify, verification->objectives)
                                            : fmt::format("{} does not hold: {} of its figures differ\n",
                                                          options.verify, verification->differences.size());
  if (auto written = write_output(options.output, said); !written) return tell(written.error(), Exit::broken);
  return verification->differences.empty() ? Exit::passed : Exit::failed;
}

}  // namespace

Exit report_command(const ReportOptions& options) {
  if (auto checked = check_options(options); !checked) return tell(checked.error(), Exit::usage);
  const auto config = load_or_tell(options.config);
  if (!config) return Exit::usage;
  if (config->objectives.empty()) {
    return tell(Error{fmt::format("{} has no objectives: there is nothing to report", options.config)}, Exit::usage);
  }
  const auto orders = orders_of(options, *config);
  if (!orders) return tell(orders.error(), Exit::usage);
  auto plan = plan_of(options, config, system_clock().now());
  if (!plan) return tell(plan.error(), Exit::usage);
  const bool verifies = given(options.verify);
  for (const Order& order : *orders) {  // what is wrong is told before anything is written
    if (verifies) break;
    if (auto added = add_objectives(options, order.contract, *plan); !added) return tell(added.error(), Exit::usage);
  }
  auto sources = open_all(options, *config);
  if (!sources) return tell(Error{sources.error().message}, sources.error().at ? Exit::usage : Exit::broken);
  if (verifies) return verify_report(options, config, *sources);

  Exit exit = Exit::passed;
  for (const Order& order : *orders) {
    if (auto added = add_objectives(options, order.contract, *plan); !added) return tell(added.error(), Exit::usage);
    exit = worse(exit, options.freeze ? freeze_month(options, order, *plan, *sources)
                                      : make_report(options, order, *plan, *sources));
  }
  tell_unreachable(*sources);
  return exit;
}

}  // namespace nines::agent
