#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/check_page_parts.hpp"
#include "reports/document/parts.hpp"
#include "reports/status_parts.hpp"
#include "reports/svg/svg.hpp"
#include "reports/words.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
namespace {

constexpr std::size_t kNameOfFall = 32;  // bytes: beside the time, on a phone

std::string say_phase(std::size_t phase, Micros time) {
  return fmt::format("{}, {}", kPhaseNames[phase], say_latency(time));
}

double share(Micros part, Micros whole) {
  return whole > Micros(0) ? static_cast<double>(part.count()) / static_cast<double>(whole.count()) : 0;
}

// Phases one after the other from `start` on, as far as the run took.
std::vector<svg::Stretch> stretches_of(const Phases& phases, Micros start, Micros whole) {
  std::vector<svg::Stretch> stretches;
  Micros at = start;
  for (std::size_t i = 0; i < std::size(kPhaseNames); ++i) {
    const Micros time = phases.*kPhaseFields[i];
    if (time <= Micros(0)) continue;
    const double from = std::min(share(at, whole), 1.0);
    at += time;
    stretches.push_back({from, std::min(share(at, whole), 1.0), kPhaseNames[i], say_phase(i, time)});
  }
  return stretches;
}

// A check's phases, a bar each.
std::vector<svg::Fall> falls_of(const ResultRow& row) {
  std::vector<svg::Fall> falls;
  const Micros whole = std::max(row.duration, row.phases.total());
  for (const svg::Stretch& one : stretches_of(row.phases, Micros(0), whole)) {
    const std::size_t comma = one.title.find(", ");
    falls.push_back({one.title.substr(0, comma), one.title.substr(comma + 2), false, one.from, one.to, {one}});
  }
  return falls;
}

std::string value_of(const RunStep& step) {
  if (step.skipped) return "skipped";
  return say_latency(step.duration) + (step.status > 0 ? fmt::format(" · {}", step.status) : "");
}

std::vector<svg::Fall> falls_of(const std::vector<RunStep>& steps) {
  Micros whole{1};
  for (const RunStep& step : steps) whole = std::max(whole, step.start + step.duration);
  std::vector<svg::Fall> falls;
  for (const RunStep& step : steps) {
    const double from = share(step.start, whole);
    const bool failed = !step.outcome.ok() && !step.skipped;
    falls.push_back({ellipsize(printable(step.name), kNameOfFall), value_of(step), failed, from,
                     share(step.start + step.duration, whole), stretches_of(step.phases, step.start, whole)});
  }
  return falls;
}

void write_phase_key(Html& html) {
  html.open("figcaption", {{"class", "small key"}});
  for (const std::string_view phase : kPhaseNames) {
    html.open("span");
    svg::write_phase_swatch(html, phase);
    html.text(phase).close().text(" ");
  }
  html.close().line();
}

void write_step_numbers(Html& html, const std::vector<RunStep>& steps) {
  std::vector<Column> columns = {{"Step", false}, {"Result", false}, {"Began"}, {"Took"}};
  for (const std::string_view phase : kPhaseNames) columns.push_back({phase});
  open_numbers(html);
  open_table(html, "data", columns);
  for (const RunStep& step : steps) {
    std::string result = step.skipped ? "skipped" : step.outcome.ok() ? "passed" : outcome_words(step.outcome);
    std::vector<std::string> cells = {step.name + (step.finally ? " (cleanup)" : ""), std::move(result),
                                      say_latency(step.start), say_latency(step.duration)};
    for (const auto field : kPhaseFields) cells.push_back(say_latency(step.phases.*field));
    write_table_row(html, columns, cells);
  }
  close_table(html);
  close_numbers(html);
}

std::string said_of(const LastRun& last) {
  const ResultRow& row = last.row;
  std::string words = is_agent_fault(row.reason) ? "Could not be made" : row.success() ? "Succeeded" : "Failed";
  words += fmt::format(" at {}, after {}", say_time(row.start), say_latency(row.duration));
  if (row.status > 0) words += fmt::format(", status {}", row.status);
  if (row.attempts > 1) words += fmt::format(", at attempt {}", row.attempts);
  return words;
}

const RunStep* failing_step(const std::vector<RunStep>& steps) {
  const auto found = std::ranges::find_if(
      steps, [](const RunStep& step) { return !step.skipped && !step.finally && !step.outcome.ok(); });
  return found == steps.end() ? nullptr : &*found;
}

void write_text(Html& html, std::string_view name, const std::string& text) {
  if (text.empty()) return;
  html.open("details").element("summary", {}, name).open("pre").element("bdi", {}, text).close().close().line();
}

}  // namespace

void write_last_run(Html& html, const CheckPage& page) {
  html.element("h2", {}, "Last run");
  if (!page.last) {
    html.element("p", {},
                 had_result(page.row) ? "None since the agent started; the last one before that was at " +
                                            say_time(page.row.last_result) + "."
                                      : "There was none yet: the first follows within an interval of the start.");
    return;
  }
  const LastRun& last = *page.last;
  html.open("p").text(said_of(last));
  if (!last.address.empty()) html.text(", ").element("bdi", {}, last.address);
  html.text(".");
  if (const RunStep* step = failing_step(last.steps)) {
    html.text(" Failing step: ").element("bdi", {{"class", "name"}}, step->name).text(".");
  }
  html.close().line();
  const bool journey = !last.steps.empty();
  const auto falls = journey ? falls_of(last.steps) : falls_of(last.row);
  if (falls.empty()) return;
  html.open("figure");
  svg::write_waterfall(html, {{"run", journey ? "Steps of the last run" : "Phases of the last run",
                               journey ? "How long each step took, and when it began; as a table below."
                                       : "How long each phase took, one after the other."},
                              falls});
  if (journey) {
    write_phase_key(html);
    write_step_numbers(html, last.steps);
  }
  html.close().line();
}

void write_last_failure(Html& html, const CheckPage& page) {
  html.element("h2", {}, "Last failure");
  if (!page.failure) {
    html.element("p", {}, page.uptime ? "None in the time that is shown here." : "None is stored.").line();
    return;
  }
  const LastFailure& failure = *page.failure;
  const Evidence& evidence = failure.evidence;
  html.open("p")
      .text(say_time(failure.at) + ": ")
      .element("strong", {}, reason_words(failure.reason))
      .text(".")
      .close();
  if (evidence.empty()) {
    html.element("p", {}, "What it left is not kept any more, or was none.").line();
    return;
  }
  // The page begins with the reason of the run that failed last.
  if (evidence.message != page.row.last_outcome.message) {
    html.open("p").element("bdi", {{"class", "evidence"}}, evidence.message).close();
  }
  std::vector<std::string> facts;
  if (!evidence.failed_step.empty()) facts.push_back("failing step " + evidence.failed_step);
  if (!evidence.address.empty()) facts.push_back(evidence.address);
  if (!evidence.trace_id.empty()) facts.push_back("trace " + evidence.trace_id);
  if (!evidence.correlation_id.empty()) facts.push_back("correlation id " + evidence.correlation_id);
  if (!facts.empty()) html.open("p", {{"class", "small"}}).element("bdi", {}, joined(facts, " · ")).close().line();
  for (const Attempt& attempt : evidence.attempts) {
    html.open("p", {{"class", "small"}}).text(fmt::format("Attempt before, {}: ", say_time(attempt.start)));
    html.element("bdi", {}, outcome_words(attempt.outcome)).close().line();
  }
  write_text(html, "Headers of the answer", evidence.headers);
  write_text(html, "Body of the answer, its beginning", evidence.body);
}

}  // namespace nines::reports
