#include "reports/check_page.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/check_page_parts.hpp"
#include "reports/document/parts.hpp"
#include "reports/incident_page_parts.hpp"
#include "reports/status_parts.hpp"
#include "reports/svg/svg.hpp"
#include "reports/words.hpp"

namespace nines::reports {

const std::string_view kCheckStyle = R"css(
.check h3 { font-size: .875rem; font-weight: 650; margin: 0 0 .5rem; }
.check figure { margin-top: 1rem; }
.check .why { border-inline-start: .375rem solid var(--tone); padding-inline-start: 1rem; margin: 1rem 0;
  max-width: 48rem; }
.check .why .reason { font-size: 1.125rem; }
.check .firing { margin: 0; padding: 0; max-width: 60rem; }
.check .firing li { padding: .25rem 0; }
.check pre { font: .875rem/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere;
  max-height: 24rem; overflow: auto; margin: .5rem 0; padding: .5rem 1rem; border: 1px solid var(--line); }
.check summary { color: var(--muted); cursor: pointer; width: fit-content; font-size: .875rem; }
.check .waterfall { max-width: 48rem; margin-top: .5rem; }
.check .other { margin-top: .5rem; }
.check .narrow { display: none; }
@media (max-width: 40rem) {
  .check .wide { display: none; }
  .check .narrow { display: block; }
}
)css";

namespace {

constexpr std::size_t kNameInTitle = 48;     // bytes
constexpr std::size_t kNameInHeadline = 96;  // bytes

std::string_view headline_words(const StatusRow& row) {
  switch (row.state) {
    case Shown::up:
      return " is up";
    case Shown::failing:
      return " is failing";
    case Shown::warning:
      return " is in warning";
    case Shown::critical:
      return " is critical";
    case Shown::maintenance:
      return " is in maintenance";
    case Shown::suppressed:
      return " is suppressed";
    case Shown::unknown:
      break;
  }
  return had_result(row) ? " is not known to be up" : " has had no result yet";
}

void open_page(Html& html, const StatusRow& row) {
  html.markup("<!DOCTYPE html>\n").open("html", {{"lang", "en"}}).open("head");
  html.empty("meta", {{"charset", "utf-8"}});
  html.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  html.empty("meta", {{"http-equiv", "refresh"}, {"content", "30"}});
  html.element(
      "title", {},
      fmt::format("{} {}{} · Nines", shown_symbol(row.state), ellipsize(row.name, kNameInTitle), headline_words(row)));
  html.open("style").markup(kStatusStyle).markup(svg::kChartStyle).markup(svg::kWaterfallStyle);
  html.markup(kDocumentStyle).markup(kIncidentStyle).markup(kCheckStyle).close().close().line();
  html.open("body", {{"class", "check"}});
  svg::write_patterns(html);
  html.open("main").line();
  html.open("nav").element("a", {{"href", "/"}}, "State now").close().line();
}

void write_headline(Html& html, const StatusRow& row) {
  html.open("h1").open("span", {{"class", shown_name(row.state)}});
  html.element("span", {{"class", "state"}}, shown_symbol(row.state)).text(" ");
  html.element("bdi", {}, ellipsize(row.name, kNameInHeadline)).text(headline_words(row)).close().close().line();
}

void write_since(Html& html, const CheckPage& page) {
  const StatusRow& row = page.row;
  if (row.since == Time{}) return;
  const std::string exact = format_time(row.since, 0);
  // What is laid over a state has a beginning of its own.
  const bool overlaid = row.state == Shown::maintenance || row.state == Shown::suppressed;
  html.open("p").text(overlaid                      ? "Its own state is so since "
                      : row.state == Shown::unknown ? "Last known state since "
                                                    : "Since ");
  html.element("time", {{"datetime", exact}}, say_time(row.since));
  html.text(fmt::format(", for {}.", ago(row.since, page.origin.now))).close().line();
}

// "2 failures in a row: warning at 3, critical at 5, up again after 1 success."
std::string thresholds_words(const CheckPage& page) {
  const StatusRow& row = page.row;
  return fmt::format("{} in a row: warning at {}, critical at {}, up again after {}.",
                     count_of(row.failures, "failure", "failures"), row.warning_at, row.critical_at,
                     count_of(page.recovery_after, "success", "successes in a row"));
}

void write_why(Html& html, const CheckPage& page) {
  const StatusRow& row = page.row;
  std::string reason = reason_sentence(row, page.origin.now);
  // The headline says so.
  if (!had_result(row) && row.last_outcome.ok()) reason.clear();
  if (reason.empty() && row.failures == 0) return;
  html.open("div", {{"class", fmt::format("why {}", shown_name(row.state))}});
  if (!row.last_outcome.ok() && !row.failed_step.empty()) {
    html.open("p").text("Failing step: ").element("bdi", {{"class", "name"}}, row.failed_step).close();
  }
  if (!reason.empty()) html.open("p").element("bdi", {{"class", "reason"}}, reason).close();
  if (row.failures > 0) html.element("p", {{"class", "small"}}, thresholds_words(page));
  std::vector<std::string> down;
  for (const auto& [name, up] : row.components) {
    if (!up) down.push_back(name);
  }
  if (!down.empty()) {
    html.open("p").text("Components that are down: ").element("bdi", {{"class", "name"}}, joined(down)).close();
  }
  html.close().line();
}

void write_facts(Html& html, const CheckPage& page) {
  const StatusRow& row = page.row;
  const auto fact = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    html.open("div").element("dt", {}, name).open("dd").element("bdi", {}, value).close().close().line();
  };
  html.open("dl", {{"class", "facts"}}).line();
  fact("Service", row.priority.empty() ? row.service : fmt::format("{} ({})", row.service, row.priority));
  fact("Target", row.target);
  fact("Runs", fmt::format("every {}", say_duration(page.interval)));
  fact("Time-out", say_duration(page.timeout));
  if (row.failures == 0)
    fact("Alerts", fmt::format("warning at {}, critical at {} failures", row.warning_at, row.critical_at));
  fact("Version", row.version);
  if (is_web_link(row.runbook_url)) {
    html.open("div").element("dt", {}, "Runbook").open("dd");
    html.element("a", {{"href", row.runbook_url}, {"rel", "noreferrer"}}, row.runbook_url);
    html.close().close().line();
  } else {
    fact("Runbook", row.runbook_url);
  }
  html.close().line();
}

void write_alerts(Html& html, const CheckPage& page) {
  if (page.alerts.empty()) return;
  html.element("h2", {}, "Alerts that fire").open("ul", {{"class", "list firing"}}).line();
  for (const CheckAlert& alert : page.alerts) {
    html.open("li");
    write_state(html, alert.severity == "critical" ? Shown::critical : Shown::warning, alert.severity);
    html.text(" ").element("bdi", {{"class", "name"}}, alert.name).text(": ").element("bdi", {}, alert.summary);
    html.element("span", {{"class", "small detail"}}, "since " + say_time(alert.since)).close().line();
  }
  html.close().line();
}

void write_trouble(Html& html, const CheckPage& page) {
  for (const std::string& trouble : page.trouble) {
    html.open("p", {{"class", "trouble"}, {"role", "alert"}}).text(trouble).close().line();
  }
}

}  // namespace

std::string check_page(const CheckPage& page) {
  Html html;
  open_page(html, page.row);
  write_headline(html, page.row);
  write_since(html, page);
  write_why(html, page);
  write_facts(html, page);
  write_trouble(html, page);
  write_alerts(html, page);
  // What went wrong comes before how it went, unless it is over.
  const bool wrong = !page.row.last_outcome.ok();
  if (wrong) write_last_failure(html, page);
  write_last_run(html, page);
  write_history(html, page);
  write_objectives(html, page.objectives);
  write_around(html, page);
  if (!wrong) write_last_failure(html, page);
  return close_incident_page(std::move(html), page.origin, true, "all incidents");
}

}  // namespace nines::reports
