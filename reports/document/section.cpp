#include <fmt/format.h>

#include "reports/document/parts.hpp"
#include "reports/sentences.hpp"
#include "reports/status_parts.hpp"
#include "reports/words.hpp"
#include "sla/calendar.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
namespace {

void write_heading(Html& html, const Section& section) {
  const sla::Evaluation& evaluation = section.evaluation;
  const config::Objective& objective = *evaluation.objective;
  const Answer answer = answer_of(evaluation);
  html.open("h2", {{"id", section.id_of("h")}});
  write_state(html, answer_state(answer), answer_words(answer));
  html.text(" · ").element("bdi", {}, objective.name).close().line();
  html.open("p", {{"class", "small"}}).text(indicator_words(objective));
  if (!objective.service.empty()) html.text(" of ").element("bdi", {}, objective.service);
  const sla::ReportPeriod& period = evaluation.period;
  html.text(fmt::format(" · {}: from {} to {}, {}", say_period(period.label),
                        sla::format_local(period.period.from, period.time_zone),
                        sla::format_local(period.period.to, period.time_zone), period.time_zone));
  if (evaluation.running) {
    html.text(fmt::format(", still running, as of {}", sla::format_local(evaluation.as_of, period.time_zone)));
  }
  html.close().line();
}

void write_figure(Html& html, std::string_view name, std::string_view value) {
  html.open("div").element("dt", {}, name).open("dd").element("bdi", {}, value).close().close().line();
}

// "overspent by 20.000%".
std::string left_words(const sla::Evaluation& evaluation) {
  const std::string text = remaining_text(evaluation);
  return text.starts_with('-') ? "overspent by " + text.substr(1) : text;
}

void write_figures(Html& html, const Section& section) {
  const sla::Evaluation& evaluation = section.evaluation;
  const bool nothing = no_data(evaluation);
  html.open("dl", {{"class", "figures"}}).line();
  write_figure(html, "Measured", nothing ? "no data" : measured_text(evaluation));
  write_figure(html, "Target", target_text(evaluation.objective->target));
  if (evaluation.objective->critical) {
    write_figure(html, "Critical", target_text(*evaluation.objective->critical));
  }
  write_figure(html, "Coverage", coverage_text(evaluation.coverage));
  const std::string left = left_words(evaluation);
  if (!nothing && !left.empty()) write_figure(html, "Error budget left", left);
  if (evaluation.uptime && evaluation.uptime->mttr)
    write_figure(html, "Mean time to recovery", say_downtime(*evaluation.uptime->mttr));
  if (evaluation.uptime && evaluation.uptime->mtbf)
    write_figure(html, "Mean time between failures", say_duration(*evaluation.uptime->mtbf));
  html.close().line();
}

// What the figure alone does not say.
std::string note(const sla::Evaluation& evaluation) {
  if (evaluation.why.empty() || no_data(evaluation)) return {};
  if (evaluation.uptime && evaluation.verdict == sla::Verdict::met) {
    return "Uptime meets the target but strict uptime, which counts every failed first attempt, misses it: " +
           sla::print_percent(evaluation.uptime->strict.measured(), sla::RoundTo::down, &evaluation.objective->target) +
           ".";
  }
  return fmt::format("No verdict{}: {}.", evaluation.running ? " yet" : "", evaluation.why);
}

void write_sentences(Html& html, const Section& section) {
  const sla::Evaluation& evaluation = section.evaluation;
  html.open("p").element("bdi", {}, say_figure(evaluation));
  if (!no_data(evaluation) && !say_spent(evaluation).empty()) {
    html.text(" Error budget: " + say_spent(evaluation) + ".");
  }
  if (const std::string words = say_comparison(section.detail.trend, evaluation); !words.empty()) {
    html.text(" " + words);
  }
  html.close().line();
  if (const std::string words = note(evaluation); !words.empty()) html.element("p", {}, words).line();
  if (section.detail.credit) {
    html.open("p").element("strong", {}, say_credit(*section.detail.credit) + ".").close().line();
  }
}

void write_times_row(Html& html, const std::vector<Column>& columns, std::string name, const sla::UptimeTimes& times,
                     const config::Limit& target) {
  write_table_row(html, columns,
                  {std::move(name), sla::print_percent(times.measured(), sla::RoundTo::down, &target),
                   say_time_spent(times.down), say_time_spent(times.unknown), say_time_spent(times.excluded)});
}

void write_ways_of_counting(Html& html, const sla::Evaluation& evaluation) {
  const std::vector<Column> columns = {{"Counted", false}, {"Uptime"}, {"Down"}, {"Unknown"}, {"Excluded"}};
  const config::Limit& target = evaluation.objective->target;
  html.open("section", {{"class", "block"}}).element("h3", {}, "Net, gross and strict");
  open_table(html, "times", columns);
  write_times_row(html, columns, "net: exclusions left out", evaluation.uptime->net, target);
  write_times_row(html, columns, "gross: nothing excluded", evaluation.uptime->gross, target);
  write_times_row(html, columns, "strict: every failed first attempt counts", evaluation.uptime->strict, target);
  close_table(html);
  html.close().line();
}

void write_regions(Html& html, const sla::Evaluation& evaluation) {
  if (evaluation.regions.empty()) return;
  const std::vector<Column> columns = {{"Region", false}, {"Measured"}, {"Coverage"}};
  html.open("section", {{"class", "block"}}).element("h3", {}, "As each region saw it");
  open_table(html, "compact regions", columns);
  for (const sla::RegionFigure& figure : evaluation.regions) {
    write_table_row(html, columns, {figure.region, region_text(evaluation, figure), coverage_text(figure.coverage)});
  }
  close_table(html);
  html.close().line();
}

// What was asked of a Prometheus, and what it said.
void write_answer(Html& html, const sla::Evaluation& evaluation) {
  const sla::PrometheusFigures& figures = *evaluation.prometheus;
  html.open("dl", {{"class", "figures"}}).line();
  write_figure(html, "Query", evaluation.objective->query);
  write_figure(html, "Asked for", format_time(figures.asked_for, 0));
  write_figure(html, "Answer", figures.answer.empty() ? figures.trouble : figures.answer);
  html.close().line();
}

}  // namespace

void write_section(Html& html, const Section& section) {
  const sla::Evaluation& evaluation = section.evaluation;
  html.open("section", {{"class", "objective"}, {"id", section.id}, {"aria-labelledby", section.id_of("h")}}).line();
  write_heading(html, section);
  write_figures(html, section);
  write_sentences(html, section);
  if (evaluation.prometheus) write_answer(html, evaluation);
  if (evaluation.prometheus || no_data(evaluation)) {
    write_trend(html, section);
  } else {
    if (evaluation.uptime) {
      write_uptime_charts(html, section);
      write_outages(html, section);
    }
    if (section.folded) html.open("details", {{"class", "more"}}).element("summary", {}, "Charts and tables").line();
    if (evaluation.uptime) write_ways_of_counting(html, evaluation);
    html.open("div", {{"class", "pair"}}).line();
    write_sample_charts(html, section);
    write_budget_chart(html, section);
    write_regions(html, evaluation);
    write_trend(html, section);
    html.close().line();
    if (section.folded) html.close().line();
  }
  html.close().line();
}

}  // namespace nines::reports
