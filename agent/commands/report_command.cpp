#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/progress.hpp"
#include "agent/report_builder.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
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
    orders.push_back(
        {&contract, (std::filesystem::path(options.output) /
                     (contract_file_name(contract) + (options.format == ReportFormat::json ? ".json" : ".md")))
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
  for (const Order& order : *orders) {  // what is wrong is told before anything is written
    if (auto added = add_objectives(options, order.contract, *plan); !added) return tell(added.error(), Exit::usage);
  }
  auto readers = open_all(options, *config);
  if (!readers) return tell(readers.error(), Exit::broken);

  Exit exit = Exit::passed;
  for (const Order& order : *orders) {
    if (auto added = add_objectives(options, order.contract, *plan); !added) return tell(added.error(), Exit::usage);
    Progress progress(order.contract == nullptr ? "report" : "report of " + printable(order.contract->name));
    plan->progress = [&progress](std::size_t done, std::size_t of) { progress.show(done, of); };
    const auto report = build_report(*plan, *readers);
    progress.clear();
    if (!report) return tell(report.error(), Exit::broken);
    const std::string text =
        options.format == ReportFormat::json ? reports::to_json(*report) : reports::to_markdown(*report);
    if (auto written = write_output(order.output, text); !written) return tell(written.error(), Exit::broken);
    exit = worse(exit, exit_of(*report));
  }
  return options.exit_zero ? Exit::passed : exit;
}

}  // namespace nines::agent
