#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/markdown_text.hpp"
#include "reports/report.hpp"
#include "reports/words.hpp"
#include "sla/calendar.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
namespace {

bool needs_backslash(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (std::string_view("\\`*_{}[]<>()#!|~&$").find(rest.front()) != std::string_view::npos) return true;
  // What GitHub makes a link of without being asked.
  return rest.starts_with("://") || (rest.front() == '.' && text.substr(0, at).ends_with("www"));
}

// Text from outside as Markdown that shows it and does nothing else, on one line.
std::string escaped(std::string_view text) {
  const std::string shown = printable(text);
  std::string out;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (needs_backslash(shown, i)) out += '\\';
    out += shown[i];
    // GitHub looks for people and addresses in the rendered text: a backslash is gone there, a space of no width stays.
    if (shown[i] == '@') out += "&#8203;";
  }
  return out;
}

std::string escaped_list(const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  parts.reserve(names.size());
  for (const std::string& name : names) parts.push_back(escaped(name));
  return joined(parts);
}

std::string row(const std::vector<std::string>& cells) {
  return "| " + joined(cells, " | ") + " |\n";
}

std::string with_symbol(const sla::Evaluation& evaluation) {
  const Answer answer = answer_of(evaluation);
  return fmt::format("{} {}", shown_symbol(answer_state(answer)), answer_words(answer));
}

// "2026-10", or nothing where objectives have different periods.
std::string common_period(const Report& report) {
  if (report.objectives.empty()) return {};
  const std::string& label = report.objectives.front().period.label;
  for (const sla::Evaluation& evaluation : report.objectives) {
    if (evaluation.period.label != label) return {};
  }
  return label;
}

std::string title(const Report& report) {
  const std::string period = common_period(report);
  std::string out = period.empty() ? "# SLA report\n\n" : fmt::format("# SLA report {}\n\n", escaped(period));
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

std::string sentence_of_uptime(const sla::Evaluation& evaluation) {
  const sla::UptimeFigures& uptime = *evaluation.uptime;
  std::string out = fmt::format("Up {} of the time that is known", measured_text(evaluation));
  if (uptime.outages.empty()) return out + "; no outage.";
  return out + fmt::format("; down {} in {}.", say_downtime(uptime.net.down),
                           count_of(static_cast<std::int64_t>(uptime.outages.size()), "outage", "outages"));
}

std::string sentence_of_latency(const sla::Evaluation& evaluation) {
  const sla::LatencyFigures& latency = *evaluation.latency;
  const std::string results = count_of(latency.samples, "result", "results");
  if (latency.infinite) {
    return fmt::format("So many of {} failed that the {} % fastest hold a failure: no finite time can be given.",
                       results, latency.percentile.text());
  }
  return fmt::format("{} % of {} came within {}.", latency.percentile.text(), results, measured_text(evaluation));
}

std::string sentence_of_errors(const sla::Evaluation& evaluation) {
  const sla::ErrorFigures& figures = *evaluation.error_rate;
  const std::string results = count_of(figures.samples, "result", "results");
  if (figures.errors_are == config::ErrorsAre::failures)
    return fmt::format("{} of {} failed: {}.", figures.errors, results, measured_text(evaluation));
  return fmt::format("{} of {} {}: {}.", figures.errors, results,
                     figures.errors == 1 ? "was a server error" : "were server errors", measured_text(evaluation));
}

std::string sentence(const sla::Evaluation& evaluation) {
  if (no_data(evaluation))
    return "No data: " + (evaluation.why.empty() ? "nothing is known of the period" : evaluation.why) + ".";
  if (evaluation.uptime) return sentence_of_uptime(evaluation);
  if (evaluation.latency) return sentence_of_latency(evaluation);
  return sentence_of_errors(evaluation);
}

std::string answer_line(const sla::Evaluation& evaluation) {
  std::string out = fmt::format("**{}**: {} The target is {}.\n", with_symbol(evaluation), sentence(evaluation),
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

// Three decimals, rounded down: what is allowed is not made more.
std::string cut(double value) {
  return fmt::format("{:.3f}", std::floor(value * 1000 + 1e-6) / 1000);
}

std::string budget_line(const sla::Evaluation& evaluation) {
  std::string used;
  if (evaluation.uptime) {
    const sla::TimeBudget& budget = evaluation.uptime->budget;
    used = fmt::format("{} spent of {} s allowed", sla::print_downtime(budget.spent), cut(budget.allowed_seconds));
  } else {
    const sla::CountBudget& budget = evaluation.latency ? evaluation.latency->budget : evaluation.error_rate->budget;
    used = fmt::format("{} spent of {} results allowed", budget.spent, cut(budget.allowed));
  }
  return fmt::format("\nError budget: {}, left: {}.\n", used, remaining_text(evaluation));
}

std::string region_table(const sla::Evaluation& evaluation) {
  if (evaluation.regions.empty()) return {};
  std::string out = "\n| region | measured | coverage |\n| :-- | --: | --: |\n";
  for (const sla::RegionFigure& figure : evaluation.regions) {
    std::string measured;
    if (figure.infinite) {
      measured = "infinite";
    } else if (evaluation.latency) {
      measured = figure.measured_time ? sla::print_latency(*figure.measured_time) : "n/a";
    } else {
      measured = sla::print_percent(figure.measured, evaluation.uptime ? sla::RoundTo::down : sla::RoundTo::up,
                                    &evaluation.objective->target);
    }
    out += row({escaped(figure.region), measured, coverage_text(figure.coverage)});
  }
  return out;
}

std::string section(const sla::Evaluation& evaluation) {
  const config::Objective& objective = *evaluation.objective;
  std::string out = fmt::format("\n## {}\n\n", escaped(objective.name));
  out += answer_line(evaluation);
  if (evaluation.uptime) {
    out += uptime_table(evaluation);
    if (!evaluation.uptime->outages.empty()) out += outage_table(evaluation);
  }
  if (!no_data(evaluation)) out += budget_line(evaluation);
  return out + region_table(evaluation);
}

// ---- the end

std::string exclusion_line(const config::Maintenance& window) {
  const std::string when = window.once ? fmt::format("{} to {}", sla::format_local(window.once->from, window.time_zone),
                                                     sla::format_local(window.once->to, window.time_zone))
                                       : (window.weekly ? window.weekly->text : std::string());
  const std::string service = window.service.empty() ? "all services" : escaped(window.service);
  const std::string reason = window.reason.empty() ? "no reason given" : escaped(window.reason);
  const std::string author = window.author.empty() ? "no author given" : "entered by " + escaped(window.author);
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

}  // namespace

std::string markdown_text(std::string_view text) {
  return escaped(text);
}

std::string to_markdown(const Report& report) {
  std::string out = title(report) + origin(report);
  if (!report.objectives.empty()) out += summary(report);
  for (const sla::Evaluation* evaluation : worst_first(report.objectives)) out += section(*evaluation);
  out += exclusions(report);
  out += kMethod;
  out += fmt::format("\nWritten {} UTC by nines {}.\n", sla::format_local(report.generated_at, "UTC"),
                     escaped(report.version));
  return out;
}

}  // namespace nines::reports
