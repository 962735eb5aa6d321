#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/check_page_parts.hpp"
#include "reports/document/parts.hpp"
#include "reports/incident_page_parts.hpp"
#include "reports/incident_parts.hpp"
#include "reports/sentences.hpp"
#include "reports/status_parts.hpp"
#include "reports/svg/svg.hpp"
#include "reports/words.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
namespace {

// ---- uptime

void write_strip_of(Html& html, const CheckFigures& figures, std::string_view id, std::string_view look) {
  static const Report kNone;
  html.open("div", {{"class", look}});
  html.element("p", {}, say_figure(figures.evaluation));
  write_uptime_charts(html, {kNone, figures.evaluation, figures.detail, std::string(id)});
  html.close().line();
}

// "The last 30 days: up 99.779% …"
void write_other(Html& html, const CheckFigures& figures, std::string_view look) {
  std::string said = say_figure(figures.evaluation);
  if (said.starts_with("Up ")) said[0] = 'u';
  html.open("p", {{"class", std::string("other ") + std::string(look)}});
  html.text(fmt::format("The {}: {}", figures.evaluation.period.label, said)).close().line();
}

void write_uptime(Html& html, const CheckPage& page) {
  if (!page.uptime) {
    html.element("h2", {}, "Uptime").element("p", {}, "No result is stored yet, so nothing is known.").line();
    return;
  }
  const auto heading = [](const CheckFigures& figures) { return "Uptime, " + figures.evaluation.period.label; };
  if (!page.recent) {
    html.element("h2", {}, heading(*page.uptime));
    write_strip_of(html, *page.uptime, "uptime", "whole");
    return;
  }
  html.element("h2", {{"class", "wide"}}, heading(*page.uptime));
  html.element("h2", {{"class", "narrow"}}, heading(*page.recent));
  write_strip_of(html, *page.uptime, "uptime", "wide");
  write_strip_of(html, *page.recent, "recent", "narrow");
  write_other(html, *page.recent, "wide");
  write_other(html, *page.uptime, "narrow");
}

// ---- latency

double share_of(Time time, const Period& period) {
  return static_cast<double>((time - period.from).count()) / static_cast<double>(period.length().count());
}

std::string latency_or_none(const std::optional<Micros>& value) {
  return value ? sla::print_latency(*value) : "–";
}

// Every eight hours: a phone has room for three.
std::vector<svg::Tick> hour_ticks(const Period& day) {
  constexpr Micros kStep = std::chrono::hours(8);
  std::vector<svg::Tick> ticks;
  for (Time at = std::chrono::ceil<std::chrono::days>(day.from) - std::chrono::days(1); at < day.to; at += kStep) {
    if (at >= day.from) ticks.push_back({share_of(at, day), format_time(at, 0).substr(11, 5)});
  }
  return ticks;
}

svg::Lines lines_of(const CheckPage& page) {
  const Detail& detail = page.latency->detail;
  const Period& period = page.latency->evaluation.period.period;
  svg::Lines lines;
  lines.caption = {"latency", "Latency of the last 24 hours",
                   fmt::format("Median {}, p95 {}, p99 {}.", latency_or_none(detail.p50), latency_or_none(detail.p95),
                               latency_or_none(detail.p99))};
  for (const Slice& slice : detail.slices) {
    svg::Point point{share_of(slice.span.from, period), share_of(slice.span.to, period), {}, {}, slice.failures > 0};
    if (slice.p50) point.thin = static_cast<double>(slice.p50->count());
    if (slice.p95) point.strong = static_cast<double>(slice.p95->count());
    lines.points.push_back(point);
  }
  lines.thin = "p50";
  lines.strong = "p95";
  if (page.target) {
    lines.target = page.target->limit.value.to_double();
    lines.target_label = "target " + target_text(page.target->limit);
  }
  lines.ticks = hour_ticks(period);
  lines.say = say_axis;
  return lines;
}

void write_slices(Html& html, const Detail& detail) {
  const std::vector<Column> columns = {{"From", false}, {"Results"}, {"Failed"}, {"p50"}, {"p95"}, {"p99"}};
  open_numbers(html);
  open_table(html, "compact data", columns);
  for (const Slice& slice : detail.slices) {
    if (slice.samples == 0 && slice.failures == 0) continue;
    write_table_row(html, columns,
                    {say_moment(slice.span.from, "UTC"), grouped(slice.samples), grouped(slice.failures),
                     latency_or_none(slice.p50), latency_or_none(slice.p95), latency_or_none(slice.p99)});
  }
  close_table(html);
  close_numbers(html);
}

void write_latency(Html& html, const CheckPage& page) {
  html.element("h2", {}, "Latency, last 24 hours");
  const bool any = page.latency && std::ranges::any_of(page.latency->detail.slices,
                                                       [](const Slice& slice) { return slice.samples > 0; });
  if (!any) {
    html.element("p", {}, "No run has succeeded in the last 24 hours, so there is no latency to show.").line();
    return;
  }
  const Detail& detail = page.latency->detail;
  html.open("p").text(fmt::format("p50 {}, p95 {}, p99 {}, over {} that succeeded.", latency_or_none(detail.p50),
                                  latency_or_none(detail.p95), latency_or_none(detail.p99),
                                  count_of(page.latency->evaluation.latency->samples, "run", "runs")));
  if (page.target) {
    html.text(" The target is that of ").element("bdi", {{"class", "name"}}, page.target->objective).text(".");
  }
  html.close().line();
  html.open("figure");
  svg::write_lines(html, lines_of(page));
  write_slices(html, detail);
  html.close().line();
}

// ---- around

void write_incidents(Html& html, const CheckPage& page) {
  html.element("h2", {}, "Incidents of the last 30 days");
  if (page.incidents.empty()) {
    html.element("p", {}, "It was part of none.").line();
    return;
  }
  html.open("ul", {{"class", "list"}}).line();
  for (const Incident& incident : page.incidents) {
    html.open("li");
    write_incident_state(html, incident);
    html.text(" ").open("a", {{"href", incident_path(incident)}});
    write_incident_time(html, incident);
    html.close().text(fmt::format(": down {}, {}", say_downtime(incident.length), reason_words(incident.reason)));
    if (const IncidentNote* cause = incident.cause()) {
      html.open("span", {{"class", "small detail"}}).text("Cause: ").element("bdi", {}, cause->text).close();
    }
    html.close().line();
  }
  html.close().line();
}

void write_deployments(Html& html, const CheckPage& page) {
  html.element("h2", {}, "Deployments of the last 7 days");
  if (page.deployments.empty()) {
    html.element("p", {}, "No version changed and no gate ended.").line();
    return;
  }
  html.open("ul", {{"class", "list"}}).line();
  for (const IncidentDeployment& one : page.deployments) {
    html.open("li").element("bdi", {{"class", "name"}}, deployment_words(one));
    html.element("span", {{"class", "small detail"}},
                 fmt::format("{}, {} ago", say_time(one.at), ago(one.at, page.origin.now)));
    html.close().line();
  }
  html.close().line();
}

void write_windows(Html& html, const CheckPage& page) {
  html.element("h2", {}, "Planned work");
  if (page.windows.empty()) {
    html.element("p", {}, "None now, and none in the next 7 days.").line();
    return;
  }
  html.open("ul", {{"class", "list"}}).line();
  for (const CheckWindow& window : page.windows) {
    const bool now = window.time.contains(page.origin.now);
    html.open("li");
    write_state(html, Shown::maintenance, now ? "in force" : "planned");
    html.text(" " + say_span(window.time, "UTC") + ": ").element("bdi", {}, window.reason);
    html.open("span", {{"class", "small detail"}});
    html.element("bdi", {}, window.service.empty() ? "all services" : window.service).text(", ");
    html.element("bdi", {}, window.author).close().close().line();
  }
  html.close().line();
}

}  // namespace

void write_history(Html& html, const CheckPage& page) {
  write_uptime(html, page);
  write_latency(html, page);
}

void write_around(Html& html, const CheckPage& page) {
  write_incidents(html, page);
  write_deployments(html, page);
  write_windows(html, page);
}

}  // namespace nines::reports
