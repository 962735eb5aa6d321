#include "reports/objective_page.hpp"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/incident_page_parts.hpp"
#include "reports/sentences.hpp"
#include "reports/status_parts.hpp"
#include "reports/words.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
namespace {

constexpr std::size_t kNameInTitle = 48;     // bytes
constexpr std::size_t kNameInHeadline = 96;  // bytes
constexpr std::size_t kMostOutages = 50;

struct Verdict {
  Shown state = Shown::unknown;
  std::string_view words = "not evaluated yet";
};

Verdict verdict_of(const ObjectivePage& page) {
  if (!page.evaluation) return {};
  const Answer answer = answer_of(*page.evaluation);
  return {answer_state(answer), answer_words(answer)};
}

void write_headline(Html& html, const ObjectivePage& page, const Verdict& verdict) {
  html.open("h1").open("span", {{"class", shown_name(verdict.state)}});
  html.element("span", {{"class", "state"}}, shown_symbol(verdict.state)).text(" ");
  html.element("bdi", {}, ellipsize(page.objective->name, kNameInHeadline)).text(": ").text(verdict.words);
  html.close().close().line();
}

void write_answer(Html& html, const ObjectivePage& page) {
  if (!page.evaluation) {
    html.element("p", {}, "It was not evaluated yet: the first figures come some seconds after the agent's start.");
    return;
  }
  const sla::Evaluation& evaluation = *page.evaluation;
  html.element("p", {}, say_figure(evaluation)).line();
  if (!evaluation.why.empty()) html.element("p", {}, sentence(evaluation.why)).line();
  if (const std::string spent = say_spent(evaluation); !spent.empty() && !no_data(evaluation)) {
    html.element("p", {}, "Of the error budget, " + spent + ".").line();
  }
}

void write_facts(Html& html, const ObjectivePage& page) {
  const config::Objective& objective = *page.objective;
  const auto fact = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    html.open("div").element("dt", {}, name).open("dd").element("bdi", {}, value).close().close().line();
  };
  html.open("dl", {{"class", "facts"}}).line();
  fact("Indicator", indicator_words(objective));
  if (page.evaluation) fact("Measured", no_data(*page.evaluation) ? "no data" : measured_text(*page.evaluation));
  fact("Target", target_text(objective.target));
  if (objective.critical) fact("Critical", target_text(*objective.critical));
  if (page.evaluation) {
    const sla::Evaluation& evaluation = *page.evaluation;
    fact("Period", fmt::format("{}, {}", say_period(evaluation.period.label), evaluation.period.time_zone));
    fact("Coverage", coverage_text(evaluation.coverage));
    if (!no_data(evaluation)) fact("Error budget", budget_words(evaluation));
    fact("Evaluated", say_time(evaluation.as_of));
  }
  fact("Service", objective.service);
  html.close().line();
}

void write_burn(Html& html, const ObjectivePage& page) {
  const bool known = std::ranges::any_of(page.burn_rates, [](const auto& rate) { return rate.second.has_value(); });
  if (page.objective->indicator == config::Indicator::prometheus) return;
  html.element("h2", {}, "Burn rate");
  if (!known) {
    html.element("p", {}, "Nothing is known of the last three days.").line();
    return;
  }
  html.element("p", {{"class", "small"}}, "1 spends exactly the budget; n/a: nothing is known of that time.");
  html.open("dl", {{"class", "facts"}}).line();
  for (const auto& [window, rate] : page.burn_rates) {
    html.open("div").element("dt", {}, window).element("dd", {}, sla::print_burn(rate)).close().line();
  }
  html.close().line();
}

void write_outages(Html& html, const ObjectivePage& page) {
  if (!page.evaluation || !page.evaluation->uptime) return;
  const sla::Evaluation& evaluation = *page.evaluation;
  const std::vector<sla::Outage>& outages = evaluation.uptime->outages;
  html.element("h2", {}, "Outages of the period");
  if (outages.empty()) {
    html.element("p", {}, no_data(evaluation) ? "Nothing is known." : "There was none.").line();
    return;
  }
  html.open("ul", {{"class", "list"}}).line();
  for (const sla::Outage& outage : outages | std::views::reverse | std::views::take(kMostOutages)) {
    html.open("li").element("bdi", {}, say_outage(outage, evaluation)).close().line();
  }
  html.close().line();
  if (outages.size() <= kMostOutages) return;
  html.element("p", {{"class", "small"}}, fmt::format("{} older ones are left out.", outages.size() - kMostOutages));
}

void write_members(Html& html, const ObjectivePage& page) {
  if (page.rows.empty()) return;
  std::vector<const StatusRow*> rows;
  for (const StatusRow& row : page.rows) rows.push_back(&row);
  sort_worst_first(rows);
  write_checks(html, rows, page.origin.now);
}

}  // namespace

std::string objective_page(const ObjectivePage& page) {
  const Verdict verdict = verdict_of(page);
  Html html;
  open_incident_page(html,
                     fmt::format("{} {}: {}", shown_symbol(verdict.state),
                                 ellipsize(page.objective->name, kNameInTitle), verdict.words),
                     true);
  html.open("nav").element("a", {{"href", "/"}}, "State now").close().line();
  write_headline(html, page, verdict);
  write_answer(html, page);
  write_facts(html, page);
  write_burn(html, page);
  write_outages(html, page);
  write_members(html, page);
  return close_incident_page(std::move(html), page.origin, true, "all incidents");
}

}  // namespace nines::reports
