#include "reports/incident_page_parts.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/incident_parts.hpp"
#include "reports/sentences.hpp"
#include "reports/status_parts.hpp"

namespace nines::reports {

const std::string_view kIncidentStyle = R"css(
.facts + p { margin-top: .75rem; }
nav { margin-bottom: .5rem; font-size: .875rem; }
.over { --tone: var(--line); } .over .state { color: var(--muted); }
.incidents td:first-child { width: 9rem; padding-inline-start: 1rem; border-inline-start: .375rem solid var(--tone); }
.incidents thead th:first-child { padding-inline-start: 1.375rem; }
.incidents .unknown td:first-child { border-inline-start-style: dotted; }
.incidents .when { width: 15.5rem; }
.incidents .num { width: 8rem; }
.cause { border-inline-start: .375rem solid var(--ink); padding-inline-start: 1rem; margin: 1rem 0; max-width: 48rem; }
.facts { display: flex; flex-wrap: wrap; gap: .75rem 2.5rem; margin: 1rem 0 0; }
.facts > div { max-width: 100%; }
.facts dt { color: var(--muted); font-size: .875rem; }
.facts dd { margin: 0; font-weight: 600; max-width: 30rem; }
.timeline td { padding-block: .25rem; }
.timeline .at { width: 10.5rem; white-space: nowrap; }
.timeline .after { width: 7rem; }
.timeline .mark { width: 8.5rem; white-space: nowrap; }
.costs .num { width: 9rem; }
.costs .share { width: 13rem; white-space: nowrap; }
.bar .all { background: var(--critical); }
.list li { padding: .5rem 0; border-bottom: 1px solid var(--line); max-width: 60rem; }
.evidence { display: block; font: .875rem/1.5 ui-monospace, monospace; white-space: pre-wrap; }
code { font: .875em/1.5 ui-monospace, monospace; }
@media (max-width: 40rem) {
  .incidents td:nth-child(n), .incidents th, .costs td:nth-child(n), .timeline td:nth-child(n) { width: auto; }
  .incidents tbody tr { padding-inline-start: .75rem; border-inline-start: .375rem solid var(--tone); }
  .incidents tbody tr.unknown { border-inline-start-style: dotted; }
  .incidents tbody tr td:first-child { border: 0; padding: 0; }
  .timeline tbody tr { display: grid; grid-template-columns: auto 1fr; column-gap: .75rem; padding: .5rem 0; }
  .timeline tbody td:last-child { grid-column: 1 / -1; }
  .timeline tbody .mark { text-align: end; }
  .timeline .after { display: none; }
}
)css";

void open_incident_page(Html& html, const std::string& title, bool going_on) {
  html.markup("<!DOCTYPE html>\n").open("html", {{"lang", "en"}}).open("head");
  html.empty("meta", {{"charset", "utf-8"}});
  html.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  if (going_on) html.empty("meta", {{"http-equiv", "refresh"}, {"content", "30"}});
  html.element("title", {}, title + " · Nines").open("style").markup(kStatusStyle).markup(kIncidentStyle);
  html.close().close().line();
  html.open("body").open("main").line();
}

std::string close_incident_page(Html html, const PageOrigin& origin, bool going_on, std::string_view links_to_list) {
  html.close().line();
  html.open("footer", {{"class", "small"}}).open("p").text("As of ");
  html.element("time", {{"datetime", format_time(origin.now, 0)}}, say_time(origin.now));
  if (!origin.region.empty()) html.text(", seen from ").element("bdi", {}, origin.region);
  if (!origin.environment.empty()) html.text(", environment ").element("bdi", {}, origin.environment);
  html.text(" · nines " + origin.version + " · ").element("a", {{"href", "/"}}, "state now");
  if (!links_to_list.empty()) html.text(" · ").element("a", {{"href", "/incidents"}}, links_to_list);
  if (going_on) html.element("span", {{"class", "refresh"}}, " · the page loads anew every 30 s");
  html.close().close().line();
  return std::move(html).take() + "\n";
}

std::string incident_path(const Incident& incident) {
  return "/incidents/" + percent_encode(incident.id);
}

void write_incident_state(Html& html, const Incident& incident) {
  if (incident.ongoing) return write_state(html, Shown::critical, state_words(incident));
  if (!incident.ended) return write_state(html, Shown::unknown, state_words(incident));
  html.open("span", {{"class", "over"}}).element("span", {{"class", "state"}}, state_words(incident)).close();
}

void write_incident_time(Html& html, const Incident& incident) {
  const std::string from = format_time(incident.extent.from, 0);
  const std::string exact = incident.ended ? from + " – " + format_time(incident.extent.to, 0) : "since " + from;
  std::string words = "since " + say_moment(incident.extent.from, "UTC");
  if (incident.ended) {
    const bool short_one = say_moment(incident.extent.from, "UTC") == say_moment(incident.extent.to, "UTC");
    words = short_one ? say_moment(incident.extent.from, "UTC") : say_span(incident.extent, "UTC");
  }
  html.element("time", {{"datetime", from}, {"title", exact}}, words);
}

}  // namespace nines::reports
