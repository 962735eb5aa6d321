#include <algorithm>
#include <ranges>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/incident_page_parts.hpp"
#include "reports/incident_parts.hpp"
#include "reports/sentences.hpp"
#include "reports/status_parts.hpp"
#include "reports/words.hpp"

namespace nines::reports {
namespace {

constexpr std::size_t kNamesInHeadline = 3;
constexpr std::size_t kNameInHeadline = 48;  // bytes
constexpr std::size_t kCauseInRow = 200;     // bytes

std::string query_of(const IncidentListPage& page, const Period& span, bool with_service) {
  std::string query = fmt::format("?from={}&to={}", format_time(span.from, 0), format_time(span.to, 0));
  if (with_service && !page.service.empty()) query += "&service=" + percent_encode(page.service);
  return "/incidents" + query;
}

// "the 30 days to 2026-10-14 02:23 UTC"
std::string span_words(const Period& span) {
  const Micros length = span.length();
  const bool days = length % std::chrono::days(1) == Micros(0);
  return fmt::format("the {} to {}",
                     days ? count_of(length / std::chrono::days(1), "day", "days") : say_duration(length),
                     say_time(span.to));
}

struct Shares {
  std::span<const Incident> going_on;
  std::span<const Incident> others;
};

void write_headline(Html& html, const Shares& shares) {
  html.open("h1");
  if (shares.going_on.empty()) {
    // Of one whose end is not known it cannot be said.
    const bool known = std::ranges::all_of(shares.others, &Incident::ended);
    html.text(known ? "No incident is going on" : "No incident is known to be going on").close().line();
    return;
  }
  html.open("span", {{"class", "critical"}}).open("span", {{"class", "state"}}).text("■").close().text(" ");
  const auto count = static_cast<std::int64_t>(shares.going_on.size());
  html.text(count == 1 ? "An incident is going on: " : fmt::format("{} incidents are going on: ", count));
  for (std::size_t i = 0; i < std::min(shares.going_on.size(), kNamesInHeadline); ++i) {
    if (i > 0) html.text(", ");
    html.element("bdi", {}, ellipsize(shares.going_on[i].subject, kNameInHeadline));
  }
  if (shares.going_on.size() > kNamesInHeadline)
    html.text(fmt::format(" and {} more", shares.going_on.size() - kNamesInHeadline));
  html.close().close().line();
}

void write_summary(Html& html, const IncidentListPage& page) {
  html.open("p");
  if (page.incidents.empty()) {
    html.text("There was no incident");
  } else {
    Micros down{0};
    for (const Incident& incident : page.incidents) down += incident.length;
    html.text(fmt::format("{}, {} of down time in all,",
                          count_of(static_cast<std::int64_t>(page.incidents.size()), "incident", "incidents"),
                          say_downtime(down)));
  }
  if (!page.service.empty()) html.text(" of ").element("bdi", {{"class", "name"}}, page.service);
  html.text(" in " + span_words(page.span) + ".").close().line();
  if (page.incidents.empty()) {
    html.element(
            "p", {{"class", "small"}},
            "An incident is an outage: a service while any of its checks is confirmed to be down in any region, or "
            "a journey. It is shown here from its first failure on.")
        .line();
  }
}

void write_row(Html& html, const Incident& incident) {
  html.open("tr", {{"class", incident.ongoing ? "critical" : incident.ended ? "over" : "unknown"}}).open("td");
  write_incident_state(html, incident);
  html.close().open("th", {{"scope", "row"}});
  html.open("a", {{"class", "name"}, {"href", incident_path(incident)}}).element("bdi", {}, incident.subject).close();
  html.element("span", {{"class", "reason"}}, sentence(std::string(reason_words(incident.reason))));
  if (const IncidentNote* cause = incident.cause()) {
    html.open("span", {{"class", "reason"}}).text("Cause: ").element("bdi", {}, ellipsize(cause->text, kCauseInRow));
    html.close();
  }
  html.open("span", {{"class", "small detail"}});
  if (incident.journey) html.text("journey of ").element("bdi", {}, incident.service).text(" · ");
  html.element("bdi", {}, incident.priority).text(" · seen from ").element("bdi", {}, seen_from(incident));
  html.close().close();
  html.open("td", {{"class", "when"}, {"data-label", "When"}});
  write_incident_time(html, incident);
  html.close();
  html.element("td", {{"class", "num"}, {"data-label", "Down time"}}, say_downtime(incident.length)).close().line();
}

void write_table(Html& html, std::string_view heading, std::span<const Incident> incidents) {
  if (incidents.empty()) return;
  html.element("h2", {}, heading).open("table", {{"class", "incidents"}}).open("thead").open("tr");
  html.element("th", {{"scope", "col"}}, "State").element("th", {{"scope", "col"}}, "Incident");
  html.element("th", {{"scope", "col"}}, "When").element("th", {{"scope", "col"}, {"class", "num"}}, "Down time");
  html.close().close().open("tbody").line();
  for (const Incident& incident : incidents) write_row(html, incident);
  html.close().close().line();
}

}  // namespace

std::string incident_list_page(const IncidentListPage& page) {
  std::vector<Incident> incidents = page.incidents;
  sort_worst_first(incidents);
  const auto first_over = std::ranges::find(incidents, false, &Incident::ongoing);
  const Shares shares{{incidents.begin(), first_over}, {first_over, incidents.end()}};
  const bool going_on = !shares.going_on.empty();
  Html html;
  open_incident_page(html,
                     going_on ? fmt::format("{} going on", count_of(static_cast<std::int64_t>(shares.going_on.size()),
                                                                    "incident", "incidents"))
                              : "Incidents",
                     going_on);
  write_headline(html, shares);
  write_summary(html, page);
  write_table(html, "Going on", shares.going_on);
  write_table(html, "Before", shares.others);
  html.open("p", {{"class", "small"}}).line();
  if (page.left_out > 0) {
    html.text(fmt::format("{} older ones are left out here. ", grouped(static_cast<std::int64_t>(page.left_out))));
  }
  const Period before{page.span.from - page.span.length(), page.span.from};
  html.element("a", {{"href", query_of(page, before, true)}}, "Before that");
  if (!page.service.empty())
    html.text(" · ").element("a", {{"href", query_of(page, page.span, false)}}, "All services");
  html.close().line();
  return close_incident_page(std::move(html), page.origin, going_on, {});
}

}  // namespace nines::reports
