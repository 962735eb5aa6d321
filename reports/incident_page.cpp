#include "reports/incident_page.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/incident_page_parts.hpp"
#include "reports/incident_parts.hpp"
#include "reports/sentences.hpp"
#include "reports/status_parts.hpp"
#include "reports/words.hpp"

namespace nines::reports {
namespace {

constexpr std::size_t kNameInTitle = 48;     // bytes
constexpr std::size_t kNameInHeadline = 96;  // bytes

void write_headline(Html& html, const Incident& incident) {
  const std::string_view look = incident.ongoing ? "critical" : incident.ended ? "over" : "unknown";
  html.open("h1").open("span", {{"class", look}});
  if (!incident.ended) html.element("span", {{"class", "state"}}, incident.ongoing ? "■" : "?").text(" ");
  html.element("bdi", {}, ellipsize(incident.subject, kNameInHeadline));
  html.text(incident.ongoing ? " is down: " : " was down: ").text(reason_words(incident.reason));
  html.close().close().line();
  html.open("p").text("Down " + say_downtime(incident.length));
  html.text(incident.ongoing ? " so far, " : incident.ended ? " on " : ", ");
  write_incident_time(html, incident);
  if (!incident.ongoing && !incident.ended) html.text(", not seen up again");
  html.text(", seen from ").element("bdi", {}, seen_from(incident));
  html.text(".").close().line();
}

void write_cause(Html& html, const Incident& incident) {
  const IncidentNote* cause = incident.cause();
  if (cause == nullptr) {
    html.open("p", {{"class", "cause"}}).text("Its cause is not written yet: ");
    html.element("code", {}, fmt::format("nines incident cause {} --text … --author …", incident.id)).close().line();
    return;
  }
  html.open("p", {{"class", "cause"}}).element("strong", {}, "Cause: ").element("bdi", {}, cause->text);
  html.open("span", {{"class", "small detail"}}).element("bdi", {}, cause->author).text(", " + say_time(cause->at));
  html.close().close().line();
}

void write_facts(Html& html, const Incident& incident) {
  const auto fact = [&](std::string_view name, std::string_view value) {
    html.open("div").element("dt", {}, name).open("dd").element("bdi", {}, value).close().close().line();
  };
  html.open("dl", {{"class", "facts"}}).line();
  fact("Service", fmt::format("{} ({})", incident.service, incident.priority));
  html.open("div").element("dt", {}, incident.journey ? "Journey" : "Checks").open("dd");
  for (const std::string& check : incident.checks) {
    if (&check != incident.checks.data()) html.text(", ");
    write_check_link(html, check, incident.journey);
  }
  html.close().close().line();
  fact("Began", say_time(incident.extent.from));
  if (incident.ended) fact("Ended", say_time(incident.extent.to));
  fact("Incident", incident.id);
  html.close().line();
}

void write_share(Html& html, const IncidentCost& cost) {
  html.open("td", {{"class", "share"}, {"data-label", "Share of it"}}).open("span");
  if (const auto ratio = cost.ratio()) {
    // More than all of it is hatched.
    const double share = *ratio > 1 ? 0 : *ratio;
    const std::string width = fmt::format("width:{:.1f}%", std::ceil(share * 1000) / 10);
    html.open("span", {{"class", *ratio > 1 ? "bar over" : "bar"}, {"aria-hidden", "true"}});
    html.element("span", {{"style", width}}, "").close().text(share_words(*ratio));
  } else {
    html.text("none is allowed");
  }
  html.close().close();
}

void write_costs(Html& html, const Incident& incident) {
  html.element("h2", {}, "What it cost");
  if (incident.costs.empty() && !incident.costs_cut) html.element("p", {}, kNoCost);
  if (!incident.costs.empty()) {
    html.open("table", {{"class", "costs"}}).open("thead").open("tr");
    html.element("th", {{"scope", "col"}}, "Objective").element("th", {{"scope", "col"}, {"class", "num"}}, "It took");
    html.element("th", {{"scope", "col"}, {"class", "num"}}, "Budget").element("th", {{"scope", "col"}}, "Share of it");
    html.close().close().open("tbody").line();
    for (const IncidentCost& cost : incident.costs) {
      html.open("tr").open("th", {{"scope", "row"}}).element("bdi", {{"class", "name"}}, cost.objective);
      html.open("span", {{"class", "small detail"}}).element("bdi", {}, cost.target).text(" · " + cost.period);
      html.close().close();
      html.element("td", {{"class", "num"}, {"data-label", "It took"}},
                   cost.time ? say_downtime(cost.down) : count_of(cost.bad, "bad result", "bad results"));
      html.element("td", {{"class", "num"}, {"data-label", "Budget"}},
                   cost.time ? say_duration(cost.budget) : fmt::format("{:.1f}", cost.allowed));
      write_share(html, cost);
      html.close().line();
    }
    html.close().close().line();
  }
  if (incident.costs_cut) html.element("p", {{"class", "small"}}, kCostsCut).line();
}

void write_mark(Html& html, IncidentMark mark) {
  switch (mark) {
    case IncidentMark::failure:
      return write_state(html, Shown::failing, "failure");
    case IncidentMark::warning:
      return write_state(html, Shown::warning, "warning");
    case IncidentMark::critical:
      return write_state(html, Shown::critical, "critical");
    case IncidentMark::recovery:
      return write_state(html, Shown::up, "recovery");
    case IncidentMark::maintenance:
      return write_state(html, Shown::maintenance, "planned");
    case IncidentMark::alert:
    case IncidentMark::deployment:
    case IncidentMark::note:
      break;
  }
  html.element("span", {{"class", "name"}}, mark_name(mark));
}

// "+40 s" after the first failure.
std::string after_words(Time at, const Incident& incident) {
  const Micros after = at - incident.extent.from;
  const Micros whole = std::chrono::floor<std::chrono::seconds>(std::chrono::abs(after));
  if (whole == Micros(0)) return "0 s";
  return (after < Micros(0) ? "−" : "+") + say_duration(whole);
}

void write_timeline(Html& html, const Incident& incident) {
  html.element("h2", {}, "Timeline").open("table", {{"class", "timeline"}}).open("thead").open("tr");
  html.element("th", {{"scope", "col"}}, "Time (UTC)")
      .element("th", {{"scope", "col"}, {"class", "num"}}, "From the start");
  html.element("th", {{"scope", "col"}}, "").element("th", {{"scope", "col"}}, "What happened");
  html.close().close().open("tbody").line();
  for (const IncidentEvent& event : incident.timeline) {
    const std::string time = say_time(event.at);
    html.open("tr").open("td", {{"class", "at"}});
    html.element("time", {{"datetime", format_time(event.at)}}, time.substr(0, time.size() - 4)).close();
    html.element("td", {{"class", "after num"}}, after_words(event.at, incident));
    html.open("td", {{"class", "mark"}});
    write_mark(html, event.mark);
    html.close().open("td").element("bdi", {}, event.text).close().close().line();
  }
  html.close().close().line();
  if (incident.timeline_left_out == 0) return;
  html.element("p", {{"class", "small"}},
               fmt::format("{} more are left out.", grouped(static_cast<std::int64_t>(incident.timeline_left_out))));
}

void write_deployments(Html& html, const Incident& incident) {
  html.element("h2", {}, "Deployments near it");
  if (incident.deployments.empty()) html.element("p", {}, kNoDeployment).line();
  if (incident.deployments.empty()) return;
  html.open("ul", {{"class", "list"}}).line();
  for (const IncidentDeployment& one : incident.deployments) {
    html.open("li").element("bdi", {{"class", "name"}}, deployment_words(one));
    html.element("span", {{"class", "small detail"}}, say_time(one.at) + ", " + distance_words(one, incident));
    html.close().line();
  }
  html.close().line();
}

void write_evidence(Html& html, const Incident& incident) {
  html.element("h2", {}, "Evidence");
  if (incident.evidence.empty()) html.element("p", {}, kNoEvidence).line();
  if (incident.evidence.empty()) return;
  html.open("ul", {{"class", "list"}}).line();
  for (const IncidentEvidence& one : incident.evidence) {
    html.open("li").element("bdi", {{"class", "evidence"}}, one.message);
    html.open("span", {{"class", "small detail"}}).text(say_time(one.at) + ", ").element("bdi", {}, origin_words(one));
    if (!one.trace_id.empty()) html.text(" · trace ").element("code", {}, one.trace_id);
    html.close().close().line();
  }
  html.close().line();
}

void write_notes(Html& html, const Incident& incident) {
  html.element("h2", {}, "Cause and notes");
  if (incident.notes.empty()) {
    html.open("p").text("None is written yet: ");
    html.element("code", {}, fmt::format("nines incident note {} --text … --author …", incident.id)).close().line();
    return;
  }
  html.open("ul", {{"class", "list"}}).line();
  for (const IncidentNote& note : incident.notes) {
    html.open("li");
    if (note.cause) html.element("strong", {}, &note == incident.cause() ? "Cause: " : "Cause, as was said then: ");
    html.element("bdi", {}, note.text).open("span", {{"class", "small detail"}});
    html.element("bdi", {}, note.author).text(", " + say_time(note.at)).close().close().line();
  }
  html.close().line();
}

void write_links(Html& html, const Incident& incident) {
  const auto runbook = std::ranges::find(incident.links, "Runbook", &std::pair<std::string, std::string>::first);
  if (runbook == incident.links.end()) return;
  html.open("p").text("Runbook: ");
  if (is_web_link(runbook->second)) {
    html.element("a", {{"href", runbook->second}, {"rel", "noreferrer"}}, runbook->second);
  } else {
    html.element("bdi", {}, runbook->second);
  }
  html.close().line();
}

}  // namespace

std::string incident_page(const Incident& incident, const PageOrigin& origin) {
  Html html;
  open_incident_page(html,
                     ellipsize(incident.subject, kNameInTitle) + (incident.ongoing ? " is down" : " was down") + ", " +
                         say_moment(incident.extent.from, "UTC"),
                     incident.ongoing);
  html.open("nav").element("a", {{"href", "/incidents"}}, "Incidents").close().line();
  write_headline(html, incident);
  write_cause(html, incident);
  write_facts(html, incident);
  write_links(html, incident);
  write_costs(html, incident);
  write_timeline(html, incident);
  write_deployments(html, incident);
  write_evidence(html, incident);
  write_notes(html, incident);
  return close_incident_page(std::move(html), origin, incident.ongoing, "all incidents");
}

std::string fault_page(const std::string& headline, const std::string& why, const PageOrigin& origin) {
  Html html;
  open_incident_page(html, headline, false);
  html.element("h1", {}, headline).element("p", {}, why).line();
  return close_incident_page(std::move(html), origin, false, "all incidents");
}

}  // namespace nines::reports
