#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/status_parts.hpp"
#include "reports/words.hpp"

namespace nines::reports {

std::string budget_words(const sla::Evaluation& evaluation) {
  const std::string text = remaining_text(evaluation);
  if (text.starts_with('-')) return "overspent by " + text.substr(1);
  return text.ends_with('%') ? text + " left" : text;
}

namespace {

void write_budget(Html& html, const sla::Evaluation& evaluation) {
  html.open("td", {{"class", "budget"}, {"data-label", "Budget"}}).open("span");
  if (no_data(evaluation)) {
    html.text("no data");
  } else {
    if (const auto left = remaining_ratio(evaluation)) {
      const double share = std::isfinite(*left) ? std::clamp(*left, 0.0, 1.0) : 0.0;
      const std::string width = fmt::format("width:{:.1f}%", std::floor(share * 1000) / 10);
      html.open("span", {{"class", *left < 0 ? "bar over" : "bar"}, {"aria-hidden", "true"}});
      html.element("span", {{"style", width}}, "").close();
    }
    html.text(budget_words(evaluation));
  }
  html.close().close();
}

void write_row(Html& html, const sla::Evaluation& evaluation) {
  const config::Objective& objective = *evaluation.objective;
  const Answer answer = answer_of(evaluation);
  html.open("tr").open("td");
  write_state(html, answer_state(answer), answer_words(answer));
  html.close().open("th", {{"scope", "row"}});
  html.open("a", {{"class", "name"}, {"href", "/objectives/" + percent_encode(objective.name)}});
  html.element("bdi", {}, objective.name).close();
  if (!evaluation.why.empty() && !evaluation.on_track) {
    html.element("span", {{"class", "reason"}}, sentence(evaluation.why));
  }
  html.open("span", {{"class", "small detail"}}).text(indicator_words(objective));
  if (!objective.service.empty()) html.text(" of ").element("bdi", {}, objective.service);
  html.text(" · " + evaluation.period.label + " · " + evaluation.period.time_zone).close().close();
  html.element("td", {{"class", "num"}, {"data-label", "Measured"}},
               no_data(evaluation) ? "no data" : measured_text(evaluation));
  html.element("td", {{"class", "num"}, {"data-label", "Target"}}, target_text(objective.target));
  html.element("td", {{"class", "num"}, {"data-label", "Coverage"}}, coverage_text(evaluation.coverage));
  write_budget(html, evaluation);
  html.close().line();
}

}  // namespace

void write_objectives(Html& html, const std::vector<sla::Evaluation>& objectives) {
  if (objectives.empty()) return;
  html.element("h2", {}, "Objectives").open("table", {{"class", "objectives"}}).open("thead").open("tr");
  const Html::Attributes left = {{"scope", "col"}};
  const Html::Attributes right = {{"scope", "col"}, {"class", "num"}};
  html.element("th", left, "Answer").element("th", left, "Objective").element("th", right, "Measured");
  html.element("th", right, "Target").element("th", right, "Coverage").element("th", left, "Error budget");
  html.close().close().open("tbody").line();
  for (const sla::Evaluation* evaluation : worst_first(objectives)) write_row(html, *evaluation);
  html.close().close().line();
}

}  // namespace nines::reports
