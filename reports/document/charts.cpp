#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "reports/document/days.hpp"
#include "reports/document/parts.hpp"
#include "reports/sentences.hpp"
#include "reports/words.hpp"
#include "sla/figures.hpp"

namespace nines::reports {

std::string say_axis(double micros) {
  if (micros == 0) return "0";
  if (micros < 1'000) return fmt::format("{:g} µs", micros);
  if (micros < 1'000'000) return fmt::format("{:g} ms", micros / 1'000);
  return fmt::format("{:g} s", micros / 1'000'000);
}

namespace {

double share_of(Time time, const Period& period) {
  return static_cast<double>((time - period.from).count()) / static_cast<double>(period.length().count());
}

std::string latency_or_none(const std::optional<Micros>& value) {
  return value ? sla::print_latency(*value) : "–";
}

std::string period_name(const Section& section) {
  return fmt::format("{}, {}", section.evaluation.objective->name, say_period(section.evaluation.period.label));
}

// ---- lines

// The line that is emphasised is the percentile that the target is about, or the nearest that slices have.
bool emphasises_p99(const config::Objective& objective) {
  return objective.percentile > Decimal(95, 0);
}

svg::Lines latency_lines(const Section& section) {
  const sla::Evaluation& evaluation = section.evaluation;
  const Period& period = evaluation.period.period;
  const bool p99 = emphasises_p99(*evaluation.objective);
  svg::Lines lines;
  lines.caption = {section.id_of("lines"), "Latency over time: " + period_name(section),
                   fmt::format("{} Target {}. Median of the whole period {}, p95 {}, p99 {}.", say_figure(evaluation),
                               target_text(evaluation.objective->target), latency_or_none(section.detail.p50),
                               latency_or_none(section.detail.p95), latency_or_none(section.detail.p99))};
  for (const Slice& slice : section.detail.slices) {
    svg::Point point{share_of(slice.span.from, period), share_of(slice.span.to, period), {}, {}, slice.failures > 0};
    if (slice.p50) point.thin = static_cast<double>(slice.p50->count());
    if (const auto& strong = p99 ? slice.p99 : slice.p95) point.strong = static_cast<double>(strong->count());
    lines.points.push_back(point);
  }
  lines.thin = "p50";
  lines.strong = p99 ? "p99" : "p95";
  lines.target = evaluation.objective->target.value.to_double();
  lines.say = say_axis;
  return lines;
}

svg::Lines error_lines(const Section& section) {
  const sla::Evaluation& evaluation = section.evaluation;
  const Period& period = evaluation.period.period;
  svg::Lines lines;
  lines.caption = {section.id_of("lines"), "Error rate over time: " + period_name(section),
                   fmt::format("{} Target {}.", say_figure(evaluation), target_text(evaluation.objective->target))};
  for (const Slice& slice : section.detail.slices) {
    svg::Point point{share_of(slice.span.from, period), share_of(slice.span.to, period), {}, {}, false};
    if (slice.samples > 0) point.strong = static_cast<double>(slice.bad) / static_cast<double>(slice.samples);
    lines.points.push_back(point);
  }
  lines.strong = "errors";
  lines.target = evaluation.objective->target.value.to_double();
  lines.say = [](double share) { return fmt::format("{:g}%", share * 100); };
  return lines;
}

void write_slices(Html& html, const Section& section) {
  const std::string& zone = section.evaluation.period.time_zone;
  const bool latency = section.evaluation.latency.has_value();
  const std::vector<Column> columns =
      latency ? std::vector<Column>{{"From", false}, {"Results"}, {"Failed"}, {"p50"}, {"p95"}, {"p99"}}
              : std::vector<Column>{{"From", false}, {"Results"}, {"Errors"}, {"Error rate"}};
  open_numbers(html);
  open_table(html, "compact data", columns);
  for (const Slice& slice : section.detail.slices) {
    std::vector<std::string> cells = {say_moment(slice.span.from, zone), grouped(slice.samples)};
    if (latency) {
      cells.insert(cells.end(), {grouped(slice.failures), latency_or_none(slice.p50), latency_or_none(slice.p95),
                                 latency_or_none(slice.p99)});
    } else {
      cells.insert(cells.end(),
                   {grouped(slice.bad),
                    slice.samples > 0 ? sla::print_percent({slice.bad, slice.samples}, sla::RoundTo::up) : "–"});
    }
    write_table_row(html, columns, cells);
  }
  close_table(html);
  close_numbers(html);
}

void write_lines(Html& html, const Section& section) {
  if (section.detail.slices.empty()) return;
  const sla::Evaluation& evaluation = section.evaluation;
  svg::Lines lines = evaluation.latency ? latency_lines(section) : error_lines(section);
  lines.target_label = "target " + target_text(evaluation.objective->target);
  lines.ticks = time_ticks(evaluation.period.period, evaluation.period.time_zone);
  open_figure(html, evaluation.latency ? "Latency over time" : "Error rate over time");
  svg::write_lines(html, lines);
  write_slices(html, section);
  close_figure(html);
}

// ---- distribution

bool is_beyond(const Bin& bin, const config::Limit& target) {
  return Decimal(bin.from.count(), 0) >= target.value;
}

void write_bins(Html& html, const Detail& detail) {
  const std::vector<Column> columns = {{"From", false}, {"Below"}, {"Results"}};
  open_numbers(html);
  open_table(html, "compact data", columns);
  for (const Bin& bin : detail.distribution) {
    if (bin.count == 0) continue;
    write_table_row(html, columns, {sla::print_latency(bin.from), sla::print_latency(bin.to), grouped(bin.count)});
  }
  close_table(html);
  close_numbers(html);
}

void write_distribution(Html& html, const Section& section) {
  const Detail& detail = section.detail;
  if (detail.distribution.empty()) return;
  const config::Limit& target = section.evaluation.objective->target;
  svg::Distribution chart;
  for (const Bin& bin : detail.distribution) {
    const double from = std::max(0.5, static_cast<double>(bin.from.count()));
    chart.bars.push_back(
        {from, static_cast<double>(bin.to.count()), static_cast<double>(bin.count), is_beyond(bin, target)});
  }
  const auto mark = [&](std::string_view name, const std::optional<Micros>& value) {
    if (!value) return;
    chart.marks.push_back({static_cast<double>(value->count()), fmt::format("{} {}", name, say_latency(*value))});
  };
  mark("p50", detail.p50);
  mark("p95", detail.p95);
  mark("p99", detail.p99);
  chart.marks.push_back({target.value.to_double(), "target " + target_text(target), true});
  chart.caption = {section.id_of("bins"), "Distribution of latency: " + period_name(section),
                   fmt::format("How many results took how long. p50 {}, p95 {}, p99 {}; the target is {}.",
                               latency_or_none(detail.p50), latency_or_none(detail.p95), latency_or_none(detail.p99),
                               target_text(target))};
  chart.say = say_axis;
  open_figure(html, "Distribution of latency");
  svg::write_distribution(html, chart);
  write_bins(html, detail);
  close_figure(html);
}

// ---- budget

// Rounded down, as what is left always is.
std::string left_text(double share) {
  return fmt::format("{:.3f}%", std::floor(share * 100'000 + 1e-6) / 1000);
}

// What will be left at the end if the rest goes as what has passed; only time has a budget for the whole period.
std::optional<double> forecast(const sla::Evaluation& evaluation, const svg::Left& last) {
  if (!evaluation.running || !evaluation.uptime || last.at <= 0 || last.at >= 1) return std::nullopt;
  return 1 - (1 - last.share) / last.at;
}

std::string budget_description(const Section& section, const svg::Budget& budget) {
  std::string out = fmt::format("{}; {} is left. ", say_spent(section.evaluation), remaining_text(section.evaluation));
  if (budget.forecast) {
    out += fmt::format("At the rate so far {} will be left at the end. ", left_text(*budget.forecast));
  }
  return out + "A dashed line shows an even burn.";
}

}  // namespace

void write_sample_charts(Html& html, const Section& section) {
  if (section.evaluation.uptime) return;
  write_lines(html, section);
  if (section.evaluation.latency) write_distribution(html, section);
}

void write_budget_chart(Html& html, const Section& section) {
  const sla::Evaluation& evaluation = section.evaluation;
  const Period& period = evaluation.period.period;
  const std::vector<BudgetPoint>& points = section.detail.budget;
  if (points.empty()) return;
  svg::Budget budget;
  for (const BudgetPoint& point : points) {
    if (std::isfinite(point.remaining)) budget.points.push_back({share_of(point.at, period), point.remaining});
  }
  if (budget.points.empty()) return;
  budget.forecast = forecast(evaluation, budget.points.back());
  if (evaluation.running && !evaluation.uptime) budget.even_until = std::max(budget.points.back().at, 0.001);
  budget.ticks = time_ticks(period, evaluation.period.time_zone);
  budget.caption = {section.id_of("budget"), "Error budget left over time: " + period_name(section),
                    budget_description(section, budget)};
  open_figure(html, "Error budget left");
  svg::write_budget(html, budget);
  const std::vector<Column> columns = {{"At", false}, {"Left"}};
  open_numbers(html);
  open_table(html, "compact data", columns);
  for (const BudgetPoint& point : points) {
    write_table_row(html, columns, {say_moment(point.at, evaluation.period.time_zone), left_text(point.remaining)});
  }
  close_table(html);
  close_numbers(html);
  close_figure(html);
}

void write_trend(Html& html, const Section& section) {
  const sla::Evaluation& evaluation = section.evaluation;
  const std::vector<TrendPoint>& trend = section.detail.trend;
  const auto first = std::ranges::find(trend, false, &TrendPoint::no_data);
  if (trend.size() < 2 || trend.end() - first < 2) return;
  const bool uptime = evaluation.uptime.has_value();
  std::vector<Column> columns = {{"Period", false}, {"Verdict", false}, {"Measured"}};
  if (uptime) columns.push_back({"Down"});
  html.open("section", {{"class", "block"}}).element("h3", {}, "The periods before");
  open_table(html, "compact trend", columns);
  // The newest first; what is older than anything stored is not listed.
  for (auto point = trend.end(); point != first;) {
    --point;
    std::string verdict = "? inconclusive";
    if (point->verdict == sla::Verdict::met) verdict = "● met";
    if (point->verdict == sla::Verdict::missed) verdict = "■ missed";
    std::vector<std::string> cells = {say_period(point->label), point->no_data ? "? no data" : verdict,
                                      point->no_data ? "–" : trend_figure(*point, evaluation)};
    if (uptime) cells.push_back(point->no_data ? "–" : say_time_spent(Micros(point->down_us)));
    write_table_row(html, columns, cells);
  }
  close_table(html);
  html.close().line();
}

}  // namespace nines::reports
