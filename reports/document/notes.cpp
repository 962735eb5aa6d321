#include <algorithm>

#include <fmt/format.h>

#include "reports/document/parts.hpp"
#include "reports/sentences.hpp"
#include "sla/calendar.hpp"

namespace nines::reports {
namespace {

std::string when(const config::Maintenance& window) {
  if (window.once) {
    return fmt::format("{} to {} {}", sla::format_local(window.once->from, window.time_zone),
                       sla::format_local(window.once->to, window.time_zone), window.time_zone);
  }
  return fmt::format("{} {}", window.weekly ? window.weekly->text : std::string(), window.time_zone);
}

std::string author_of(const config::Maintenance& window) {
  std::string author = window.author.empty() ? "no author given" : window.author;
  if (window.entered_late()) {
    author +=
        fmt::format(", after the fact: {} {}", sla::format_local(*window.entered, window.time_zone), window.time_zone);
  }
  return author;
}

constexpr std::string_view kMethod = R"(<p>Every scheduled run of a check gives one result, which speaks for the time
until the next. A check is down from the first of several failures in a row, so that a single failed run is not taken
for an outage; such a blip costs no uptime, but it counts in strict uptime and in the error rate, which are printed
beside it.</p>
<p>With several regions a check is down while enough of those that know its state see it down: more than half of them,
unless the objective says otherwise.</p>
<dl class="terms">
<div><dt>Uptime</dt><dd>the share of the known time that the service was up. <em>Net</em> leaves the exclusions above
out of the time, <em>gross</em> leaves nothing out.</dd></div>
<div><dt>Unknown</dt><dd>time without results, because the agent was off, late or cut off. It is counted neither as up
nor as down.</dd></div>
<div><dt>Coverage</dt><dd>the share of the time that is known. Where it is too low for the unknown time to be harmless,
the verdict is “inconclusive”.</dd></div>
<div><dt>Latency</dt><dd>p95 is the time within which 95 % of the results came: one of the durations measured (nearest
rank), not an average.</dd></div>
<div><dt>Error budget</dt><dd>what the target allows to go wrong in the period: of 99.9 % uptime, 0.1 % of the
time.</dd></div>
<div><dt>Outage</dt><dd>time down without time up between. Its length is whole even where it crosses an edge of the
period; only the part inside counts.</dd></div>
</dl>
<p>Figures are rounded towards the miss, never in the provider’s favour. All are computed from the stored results, to
the microsecond, and can be computed again from the exported ones; the JSON report has them unrounded.</p>
)";

}  // namespace

void write_exclusions(Html& html, const Report& report) {
  html.open("section", {{"aria-labelledby", "exclusions"}}).element("h2", {{"id", "exclusions"}}, "Exclusions").line();
  if (report.exclusions.empty()) {
    html.element("p", {}, "Nothing was excluded.").close().line();
    return;
  }
  const std::vector<Column> columns = {{"When", false}, {"Service", false}, {"Reason", false}, {"Author", false}};
  open_table(html, "exclusions", columns);
  for (const config::Maintenance& window : report.exclusions) {
    write_table_row(html, columns,
                    {when(window), window.service.empty() ? "all services" : window.service,
                     window.reason.empty() ? "no reason given" : window.reason, author_of(window)});
  }
  close_table(html);
  html.close().line();
}

void write_unreachable(Html& html, const Report& report) {
  for (const Unreachable& agent : report.unreachable) {
    html.open("p").element("strong", {}, agent.region.empty() ? "An agent" : "The region " + agent.region);
    html.text(" (").element("bdi", {}, agent.agent).text(") could not be reached, so its time is unknown: ");
    html.element("bdi", {}, agent.why).text(".").close().line();
  }
}

void write_frozen(Html& html, const Report& report) {
  if (!report.frozen) return;
  const Frozen& frozen = *report.frozen;
  html.open("p").text(fmt::format("Frozen: {}", frozen.month));
  if (!frozen.region.empty()) html.text(" of the region ").element("bdi", {}, frozen.region);
  html.text(fmt::format(", revision {}", frozen.revision));
  if (!frozen.reason.empty()) html.text(": ").element("bdi", {}, frozen.reason);
  html.text(fmt::format(". SHA-256 of the inputs ({}): ", frozen.method));
  html.element("code", {}, frozen.fingerprint).text(".").close().line();
}

void write_method(Html& html, const Report& report) {
  html.open("section", {{"class", "method"}, {"aria-labelledby", "method"}});
  html.element("h2", {{"id", "method"}}, "How this was measured").line();
  const auto incomplete = std::ranges::count_if(
      report.objectives, [](const sla::Evaluation& one) { return one.coverage.part != one.coverage.whole; });
  if (!report.objectives.empty()) {
    html.element("p", {},
                 incomplete == 0 ? "Everything of every period is known: coverage is complete."
                                 : fmt::format("Of {} of {} objectives some time is unknown: their coverage says how "
                                               "much is known.",
                                               incomplete, report.objectives.size()));
    html.line();
  }
  html.markup(kMethod);
  write_frozen(html, report);
  html.close().line();
}

}  // namespace nines::reports
