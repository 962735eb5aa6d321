#include "reports/markdown_detail.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reports/markdown_text.hpp"
#include "reports/trend.hpp"
#include "reports/words.hpp"
#include "sla/calendar.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
namespace {

std::string percent_text(const Decimal& ratio) {
  return ratio.shifted(2).text() + " %";
}

std::string percentiles(const Detail& detail) {
  if (!detail.p50) return {};
  std::string out = fmt::format("\nHalf of the results came within {}", sla::print_latency(*detail.p50));
  if (detail.p95) out += fmt::format(", 95 % within {}", sla::print_latency(*detail.p95));
  if (detail.p99) out += fmt::format(", 99 % within {}", sla::print_latency(*detail.p99));
  return out + ".\n";
}

std::string credit_line(const sla::Evaluation& evaluation, const CreditDue& credit, const std::string& customer) {
  if (!credit.percent) {
    return fmt::format("\nCredit: whether one is due to {} is open: {}.\n", escaped(customer), escaped(credit.why));
  }
  if (!credit.tier) return fmt::format("\nCredit: none is due to {}.\n", escaped(customer));
  const config::Limit below{config::Comparison::less, credit.tier->below, {}};
  return fmt::format("\nCredit: {} of the fee is due to {}, since {} is below {}.\n", percent_text(*credit.percent),
                     escaped(customer),
                     sla::print_percent(evaluation.uptime->net.measured(), sla::RoundTo::down, &below),
                     percent_text(credit.tier->below));
}

std::string comparison_line(const sla::Evaluation& evaluation, const Detail& detail) {
  const auto found = comparison(detail, *evaluation.objective);
  if (!found || !found->change) return {};
  const std::string before = escaped(found->before->label);
  const std::string figure = figure_text(*found->before, *evaluation.objective);
  if (*found->change == Change::same) return fmt::format("\nThe same as in the period before ({}).\n", before);
  return fmt::format("\n{} than in the period before ({}): {}.\n",
                     *found->change == Change::better ? "Better" : "Worse", before, figure);
}

std::string verdict_of(const TrendPoint& point) {
  switch (point.verdict) {
    case sla::Verdict::met:
      return "● met";
    case sla::Verdict::missed:
      return "■ missed";
    case sla::Verdict::inconclusive:
      break;
  }
  return "? inconclusive";
}

std::string trend_row(const TrendPoint& point, const sla::Evaluation& evaluation, const std::string& verdict) {
  std::vector<std::string> cells{escaped(point.label)};
  cells.push_back(point.no_data ? "no data" : figure_text(point, *evaluation.objective));
  cells.push_back(point.no_data ? "" : verdict);
  if (evaluation.uptime) {
    const Micros down(point.down_us);
    cells.push_back(point.no_data ? "" : down == Micros(0) ? "0 s" : say_downtime(down));
  }
  return row(cells);
}

// From the first period that something is stored of.
std::string trend_table(const sla::Evaluation& evaluation, const Detail& detail) {
  const auto first = std::ranges::find(detail.trend, false, &TrendPoint::no_data);
  if (detail.trend.end() - first < 2) return {};
  std::string out = evaluation.uptime ? "\n| period | measured | verdict | down |\n| :-- | --: | :-- | --: |\n"
                                      : "\n| period | measured | verdict |\n| :-- | --: | :-- |\n";
  for (auto point = first; point != detail.trend.end(); ++point) {
    const bool own = point + 1 == detail.trend.end();
    const Answer answer = answer_of(evaluation);
    const std::string verdict = fmt::format("{} {}", shown_symbol(answer_state(answer)), answer_words(answer));
    out += trend_row(*point, evaluation, own ? verdict : verdict_of(*point));
  }
  return out;
}

}  // namespace

std::string evidence_lines(const sla::Evaluation& evaluation, const Detail& detail) {
  std::string out;
  for (const OutageEvidence& evidence : detail.evidence) {
    if (evidence.message.empty()) continue;
    out += fmt::format("- {}, {} from {}", sla::format_local(evidence.at, evaluation.period.time_zone),
                       escaped(evidence.check), escaped(evidence.region));
    if (!evidence.failed_step.empty()) out += ", step " + escaped(evidence.failed_step);
    out += ": " + escaped(evidence.message);
    if (!evidence.address.empty()) out += ", at " + escaped(evidence.address);
    if (!evidence.trace_id.empty()) out += ", trace " + escaped(evidence.trace_id);
    out += "\n";
  }
  return out.empty() ? out : "\nThe first failure of each:\n\n" + out;
}

std::string detail_section(const sla::Evaluation& evaluation, const Detail& detail, const config::Contract* contract) {
  std::string out = percentiles(detail);
  if (detail.credit && contract != nullptr) out += credit_line(evaluation, *detail.credit, contract->customer);
  return out + comparison_line(evaluation, detail) + trend_table(evaluation, detail);
}

std::string answer_lines(const sla::Evaluation& evaluation) {
  const sla::PrometheusFigures& figures = *evaluation.prometheus;
  std::string out = fmt::format("\nAsked for {} UTC: {}\n", sla::format_local(figures.asked_for, "UTC"),
                                escaped(evaluation.objective->query));
  if (!figures.answer.empty()) out += fmt::format("\nThe answer: {}\n", escaped(figures.answer));
  return out;
}

}  // namespace nines::reports
