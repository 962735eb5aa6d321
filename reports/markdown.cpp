#include <fmt/format.h>

#include "reports/markdown_detail.hpp"
#include "reports/markdown_text.hpp"
#include "reports/report.hpp"
#include "reports/sentences.hpp"
#include "reports/words.hpp"
#include "sla/calendar.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
namespace {

std::string with_symbol(const sla::Evaluation& evaluation) {
  const Answer answer = answer_of(evaluation);
  return fmt::format("{} {}", shown_symbol(answer_state(answer)), answer_words(answer));
}

std::string title(const Report& report) {
  const std::string period = common_period(report);
  std::string out = period.empty() ? "# SLA report" : fmt::format("# SLA report {}", escaped(period));
  if (report.contract != nullptr) out += fmt::format(" for {}", escaped(report.contract->customer));
  out += "\n\n";
  int missed = 0;
  int met = 0;
  for (const sla::Evaluation& evaluation : report.objectives) {
    missed += evaluation.verdict == sla::Verdict::missed ? 1 : 0;
    met += evaluation.verdict == sla::Verdict::met ? 1 : 0;
  }
  const auto total = static_cast<int>(report.objectives.size());
  if (total == 0) return out + "No objective is configured: there is nothing to judge.\n";
  std::string answer = fmt::format("**{} of {} met", met, count_of(total, "objective", "objectives"));
  if (missed > 0) answer += fmt::format(", {} missed", missed);
  if (const int open = total - met - missed; open > 0) answer += fmt::format(", {} not decided", open);
  return out + answer + ".**\n";
}

std::string origin(const Report& report) {
  std::string out = fmt::format("\nAs of {} UTC", sla::format_local(report.as_of, "UTC"));
  if (!report.environment.empty()) out += fmt::format(", environment {}", escaped(report.environment));
  if (!report.regions.empty()) {
    out += fmt::format(", seen from {}", escaped_list(report.regions));
  } else {
    out += ", no region gave results";
  }
  return out + ".\n";
}

std::string summary(const Report& report) {
  std::string out = "\n| objective | target | measured | verdict | coverage |\n| :-- | --: | --: | :-- | --: |\n";
  for (const sla::Evaluation* evaluation : worst_first(report.objectives)) {
    out += row({escaped(evaluation->objective->name), target_text(evaluation->objective->target),
                measured_text(*evaluation), with_symbol(*evaluation), coverage_text(evaluation->coverage)});
  }
  return out;
}

// ---- one objective

std::string answer_line(const sla::Evaluation& evaluation) {
  std::string out = fmt::format("**{}**: {} The target is {}.\n", with_symbol(evaluation), say_figure(evaluation),
                                target_text(evaluation.objective->target));
  if (evaluation.uptime && evaluation.verdict == sla::Verdict::met && !evaluation.why.empty()) {
    const std::string strict =
        sla::print_percent(evaluation.uptime->strict.measured(), sla::RoundTo::down, &evaluation.objective->target);
    out += fmt::format(
        "\nUptime meets the target but strict uptime, which counts every failed first attempt, misses it: {}.\n",
        strict);
  } else if (!evaluation.why.empty() && !no_data(evaluation)) {
    out += fmt::format("\nNo verdict{}: {}.\n", evaluation.running ? " yet" : "", escaped(evaluation.why));
  }
  return out;
}

std::string times_row(std::string_view name, const sla::UptimeTimes& times, const config::Limit* target) {
  const auto spent = [](Micros time) { return time == Micros(0) ? "0 s" : say_downtime(time); };
  return row({std::string(name), sla::print_percent(times.measured(), sla::RoundTo::down, target), spent(times.down),
              spent(times.unknown), spent(times.excluded)});
}

std::string uptime_table(const sla::Evaluation& evaluation) {
  const sla::UptimeFigures& uptime = *evaluation.uptime;
  const config::Limit* target = &evaluation.objective->target;
  return "\n| | uptime | down | unknown | excluded |\n| :-- | --: | --: | --: | --: |\n" +
         times_row("net (exclusions left out)", uptime.net, target) +
         times_row("gross (nothing excluded)", uptime.gross, target) +
         times_row("strict (every failed first attempt counts)", uptime.strict, target);
}

std::string outage_end(const sla::Outage& outage, const sla::Evaluation& evaluation) {
  if (outage.ended()) return sla::format_local(outage.extent.to, evaluation.period.time_zone);
  return outage.ongoing ? "still down" : "not seen up again";
}

std::string outage_table(const sla::Evaluation& evaluation) {
  const std::string& zone = evaluation.period.time_zone;
  std::string out =
      fmt::format("\n| start ({0}) | end ({0}) | down for | cause | checks | seen from |\n", escaped(zone));
  out += "| :-- | :-- | --: | :-- | :-- | :-- |\n";
  for (const sla::Outage& outage : evaluation.uptime->outages) {
    std::string length = say_downtime(outage.length);
    if (outage.inside != outage.length) length += fmt::format(", {} inside the period", say_downtime(outage.inside));
    out += row({sla::format_local(outage.extent.from, zone), outage_end(outage, evaluation), length,
                std::string(reason_words(outage.reason)), escaped_list(outage.checks), escaped_list(outage.regions)});
  }
  return out;
}

std::string budget_line(const sla::Evaluation& evaluation) {
  return fmt::format("\nError budget: {}, left: {}.\n", say_spent(evaluation), remaining_text(evaluation));
}

std::string region_table(const sla::Evaluation& evaluation) {
  if (evaluation.regions.empty()) return {};
  std::string out = "\n| region | measured | coverage |\n| :-- | --: | --: |\n";
  for (const sla::RegionFigure& figure : evaluation.regions) {
    out += row({escaped(figure.region), region_text(evaluation, figure), coverage_text(figure.coverage)});
  }
  return out;
}

std::string section(const sla::Evaluation& evaluation, const Detail* detail, const config::Contract* contract) {
  const config::Objective& objective = *evaluation.objective;
  std::string out = fmt::format("\n## {}\n\n", escaped(objective.name));
  out += answer_line(evaluation);
  if (evaluation.uptime) {
    out += uptime_table(evaluation);
    if (!evaluation.uptime->outages.empty()) out += outage_table(evaluation);
    if (detail != nullptr) out += evidence_lines(evaluation, *detail);
  }
  if (evaluation.prometheus) out += answer_lines(evaluation);
  if (!evaluation.prometheus && !no_data(evaluation)) out += budget_line(evaluation);
  out += region_table(evaluation);
  return detail == nullptr ? out : out + detail_section(evaluation, *detail, contract);
}

// ---- the end

std::string exclusion_line(const config::Maintenance& window) {
  const std::string when = window.once ? fmt::format("{} to {}", sla::format_local(window.once->from, window.time_zone),
                                                     sla::format_local(window.once->to, window.time_zone))
                                       : (window.weekly ? window.weekly->text : std::string());
  const std::string service = window.service.empty() ? "all services" : escaped(window.service);
  const std::string reason = window.reason.empty() ? "no reason given" : escaped(window.reason);
  std::string author = window.author.empty() ? "no author given" : "entered by " + escaped(window.author);
  if (window.entered_late()) {
    author += fmt::format(" after the fact, {} ({})", sla::format_local(*window.entered, window.time_zone),
                          escaped(window.time_zone));
  }
  return fmt::format("- {}, {} ({}): {}, {}\n", service, escaped(when), escaped(window.time_zone), reason, author);
}

std::string exclusions(const Report& report) {
  if (report.exclusions.empty()) return "\n## Exclusions\n\nNothing was excluded.\n";
  std::string out = "\n## Exclusions\n\n";
  for (const config::Maintenance& window : report.exclusions) out += exclusion_line(window);
  return out;
}

constexpr std::string_view kMethod = R"(
## How this was measured

Every scheduled run of a check gives one result, which speaks for the time until the next. A target is down from the
first of several failures in a row; a shorter blip costs no uptime, but counts in strict uptime and in the error rate.
Time without results is unknown, never up or down: coverage is the share that is known. Figures are rounded towards the
miss; the JSON report has them exact.
)";

std::string unreachable_line(const Unreachable& agent) {
  const std::string who =
      agent.region.empty() ? std::string("The agent") : "The region " + escaped(agent.region) + ", agent";
  return fmt::format("\n**{} {} could not be reached, so its time is unknown:** {}.\n", who, escaped(agent.agent),
                     escaped(agent.why));
}

std::string frozen_line(const Frozen& frozen) {
  const std::string reason = frozen.reason.empty() ? std::string() : ": " + escaped(frozen.reason);
  const std::string region = frozen.region.empty() ? std::string() : " of the region " + escaped(frozen.region);
  return fmt::format("\nFrozen: {}{}, revision {}{}. SHA-256 of the inputs ({}): `{}`.\n", frozen.month, region,
                     frozen.revision, reason, frozen.method, frozen.fingerprint);
}

}  // namespace

std::string to_markdown(const Report& report) {
  std::string out = title(report) + origin(report);
  for (const Unreachable& agent : report.unreachable) out += unreachable_line(agent);
  if (!report.objectives.empty()) out += summary(report);
  for (const sla::Evaluation* evaluation : worst_first(report.objectives)) {
    const auto i = static_cast<std::size_t>(evaluation - report.objectives.data());
    out += section(*evaluation, i < report.details.size() ? &report.details[i] : nullptr, report.contract);
  }
  out += exclusions(report);
  out += kMethod;
  if (report.frozen) out += frozen_line(*report.frozen);
  out += fmt::format("\nWritten {} UTC by nines {}.\n", sla::format_local(report.generated_at, "UTC"),
                     escaped(report.version));
  return out;
}

}  // namespace nines::reports
