#include <algorithm>
#include <ranges>
#include <tuple>

#include <fmt/format.h>

#include "reports/document/parts.hpp"
#include "reports/sentences.hpp"
#include "reports/status_parts.hpp"
#include "reports/words.hpp"
#include "sla/calendar.hpp"

namespace nines::reports {
namespace {

void write_names(Html& html, std::string_view words, const std::vector<std::string>& names) {
  if (names.empty()) return;
  html.text(words);
  for (const std::string& name : names) {
    if (&name != names.data()) html.text(", ");
    html.element("bdi", {}, name);
  }
}

void write_fact(Html& html, std::string_view words, const std::string& value) {
  if (value.empty()) return;
  html.text(words).element("bdi", {}, value);
}

void write_evidence(Html& html, const OutageEvidence& evidence, const std::string& zone) {
  if (evidence.message.empty()) {
    html.element("span", {{"class", "small detail"}}, "Its evidence is no longer stored.");
    return;
  }
  html.open("span", {{"class", "evidence"}}).element("bdi", {}, evidence.message).close();
  html.open("span", {{"class", "small detail"}}).text("First failure ");
  html.element("time", {{"datetime", format_time(evidence.at)}}, sla::format_local(evidence.at, zone));
  write_fact(html, " of ", evidence.check);
  write_fact(html, " from ", evidence.region);
  write_fact(html, " · address ", evidence.address);
  write_fact(html, " · failing step ", evidence.failed_step);
  write_fact(html, " · trace ", evidence.trace_id);
  html.close();
}

void write_time(Html& html, std::string_view label, Time time, const std::string& zone) {
  html.open("td", {{"data-label", label}, {"class", "when"}});
  html.element("time", {{"datetime", format_time(time)}, {"title", format_time(time)}}, sla::format_local(time, zone));
  html.close();
}

void write_outage(Html& html, const Section& section, std::size_t index) {
  const sla::Outage& outage = section.evaluation.uptime->outages[index];
  const std::string& zone = section.evaluation.period.time_zone;
  html.open("tr", {{"class", "critical"}}).open("th", {{"scope", "row"}});
  html.open("span", {{"class", "name"}})
      .element("span",
               {{
                   "class",
                   "state",
               }},
               shown_symbol(Shown::critical));
  html.text(" " + say_outage(outage, section.evaluation)).close();
  html.open("span", {{"class", "small detail"}});
  write_names(html, "Checks ", outage.checks);
  write_names(html, " · seen from ", outage.regions);
  html.close();
  if (index < section.detail.evidence.size()) write_evidence(html, section.detail.evidence[index], zone);
  html.close();
  write_time(html, "Start", outage.extent.from, zone);
  if (outage.ended()) {
    write_time(html, "End", outage.extent.to, zone);
  } else {
    html.element("td", {{"data-label", "End"}}, outage.ongoing ? "still down" : "not seen up again");
  }
  html.open("td", {{"class", "num"}, {"data-label", "Down for"}}).open("span").text(say_downtime(outage.length));
  if (outage.inside != outage.length) {
    html.element("span", {{"class", "small detail"}}, say_time_spent(outage.inside) + " in the period");
  }
  html.close().close().close().line();
}

}  // namespace

std::vector<std::size_t> worst_outages(const std::vector<sla::Outage>& outages) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < outages.size(); ++i) order.push_back(i);
  std::ranges::stable_sort(order, {},
                           [&](std::size_t i) { return std::tuple(!outages[i].ongoing, -outages[i].inside.count()); });
  return order;
}

void write_outages(Html& html, const Section& section) {
  const std::vector<sla::Outage>& outages = section.evaluation.uptime->outages;
  if (outages.empty()) return;
  const std::string& zone = section.evaluation.period.time_zone;
  html.element("h3", {}, "Outages");
  const std::string start = fmt::format("Start ({})", zone);
  open_table(html, "outages", {{"What, seen from where, why", false}, {start, false}, {"End", false}, {"Down for"}});
  for (const std::size_t index : worst_outages(outages)) write_outage(html, section, index);
  close_table(html);
}

}  // namespace nines::reports
