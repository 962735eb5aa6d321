#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/status_parts.hpp"
#include "reports/words.hpp"

namespace nines::reports {

bool had_result(const StatusRow& row) {
  return row.last_result != Time{};
}

std::string state_words(const StatusRow& row) {
  if (row.state == Shown::failing) return fmt::format("failing {}/{}", row.failures, row.warning_at);
  return std::string(shown_name(row.state));
}

std::string ago(Time time, Time now) {
  return say_duration(std::chrono::floor<std::chrono::seconds>(std::max(now - time, Micros(0))));
}

std::string outcome_words(const Outcome& outcome) {
  return outcome.message.empty() ? std::string(reason_words(outcome.reason)) : outcome.message;
}

std::string reason_sentence(const StatusRow& row, Time now) {
  if (is_agent_fault(row.last_outcome.reason)) {
    return fmt::format("The agent could not probe: {}.", outcome_words(row.last_outcome));
  }
  if (!had_result(row)) return "No result yet.";
  if (row.state == Shown::unknown) {
    return fmt::format("No result for {}: the agent was off, late or cut off.", ago(row.last_result, now));
  }
  if (!row.last_outcome.ok()) return outcome_words(row.last_outcome);
  if (row.state == Shown::maintenance) return "Planned work: no alert is sent.";
  if (row.state == Shown::suppressed) return "A check that it depends on is critical: no alert is sent.";
  return {};
}

bool is_web_link(std::string_view url) {
  return url.starts_with("https://") || url.starts_with("http://");
}

std::string check_path(std::string_view name, bool journey) {
  return (journey ? "/journeys/" : "/checks/") + percent_encode(name);
}

void write_check_link(Html& html, std::string_view name, bool journey) {
  html.open("a", {{"class", "name"}, {"href", check_path(name, journey)}}).element("bdi", {}, name).close();
}

namespace {

// "4 failures in a row, critical at 5"; empty where the state says it.
std::string failures_words(const StatusRow& row) {
  if (row.failures == 0 || row.state == Shown::failing) return {};
  std::string words = count_of(row.failures, "failure", "failures") + " in a row";
  if (row.state == Shown::warning) words += fmt::format(", critical at {}", row.critical_at);
  return words;
}

// "12 min 40 s", with the exact time in the title and, where there is room, beside it.
void write_since(Html& html, const StatusRow& row, Time now) {
  const std::string exact = format_time(row.since, 0);
  html.element("time", {{"datetime", exact}, {"title", "since " + exact}}, ago(row.since, now));
}

std::string latency_text(const StatusRow& row) {
  return row.last_duration > Micros(0) ? say_latency(row.last_duration) : "";
}

// Words with " · " between them, each in an isolation of its own.
class Facts {
 public:
  explicit Facts(Html& html) : html_(html) {}
  Html& next() {
    if (any_) html_.text(" · ");
    any_ = true;
    return html_;
  }
  void add(std::string_view words, std::string_view name) {
    if (!name.empty()) next().text(words).element("bdi", {}, name);
  }

 private:
  Html& html_;
  bool any_ = false;
};

void add_service(Facts& facts, const StatusRow& row) {
  facts.add("", row.service);
  if (!row.service.empty()) facts.add("", row.priority);
  if (row.journey) facts.next().text("journey");
}

void add_version_and_runbook(Facts& facts, const StatusRow& row) {
  facts.add("version ", row.version);
  if (is_web_link(row.runbook_url)) {
    facts.next().element("a", {{"href", row.runbook_url}, {"rel", "noreferrer"}}, "runbook");
  } else {
    facts.add("runbook ", row.runbook_url);
  }
}

std::string down_components(const StatusRow& row) {
  std::vector<std::string> down;
  for (const auto& [name, up] : row.components) {
    if (!up) down.push_back(name);
  }
  return joined(down);
}

void write_what_is_wrong(Html& html, const StatusRow& row, Time now) {
  const bool failed = !row.last_outcome.ok() && had_result(row);
  const std::string reason = reason_sentence(row, now);
  if (failed && !row.failed_step.empty()) {
    html.open("span", {{"class", "reason"}})
        .text("Failing step: ")
        .element("bdi", {{"class", "name"}}, row.failed_step);
    html.close();
  }
  if (!reason.empty()) html.open("span", {{"class", "reason"}}).element("bdi", {}, reason).close();
  if (const std::string down = down_components(row); !down.empty()) {
    html.open("span", {{"class", "reason"}}).text("Down: ").element("bdi", {{"class", "name"}}, down).close();
  }
}

void write_row(Html& html, const StatusRow& row, Time now) {
  html.open("tr", {{"class", shown_name(row.state)}});
  html.open("td");
  write_state(html, row.state, state_words(row));
  if (const std::string words = failures_words(row); !words.empty()) {
    html.element("span", {{"class", "small detail"}}, words);
  }
  html.close();
  html.open("th", {{"scope", "row"}});
  write_check_link(html, row.name, row.journey);
  write_what_is_wrong(html, row, now);
  html.open("span", {{"class", "small detail"}});
  Facts facts(html);
  add_service(facts, row);
  facts.add("", row.target);
  add_version_and_runbook(facts, row);
  html.close().close();
  html.open("td", {{"class", "since"}, {"data-label", "Since"}}).open("span");
  if (row.since == Time{}) {
    html.text(is_agent_fault(row.last_outcome.reason) ? "never known" : "never had a result");
  } else {
    write_since(html, row, now);
    html.element("span", {{"class", "small detail"}}, say_time(row.since));
  }
  html.close().close();
  const std::string latency = latency_text(row);
  html.element("td", {{"class", "num"}, {"data-label", "Last run"}}, latency.empty() ? "–" : latency).close().line();
}

void write_table(Html& html, std::span<const StatusRow* const> rows, Time now) {
  html.element("h2", {}, "Needs a look").open("table", {{"class", "checks"}}).open("thead").open("tr");
  html.element("th", {{"scope", "col"}}, "State").element("th", {{"scope", "col"}}, "Check");
  html.element("th", {{"scope", "col"}}, "Since").element("th", {{"scope", "col"}, {"class", "num"}}, "Last run");
  html.close().close().open("tbody").line();
  for (const StatusRow* row : rows) write_row(html, *row, now);
  html.close().close().line();
}

void write_item(Html& html, const StatusRow& row, Time now) {
  html.open("li");
  write_state(html, row.state, shown_name(row.state));
  write_check_link(html, row.name, row.journey);
  html.element("span", {{"class", "num"}}, latency_text(row));
  html.open("span", {{"class", "small detail"}});
  Facts facts(html);
  add_service(facts, row);
  if (row.since != Time{}) {
    facts.next().text("for ");
    write_since(html, row, now);
  }
  facts.add("down: ", down_components(row));
  add_version_and_runbook(facts, row);
  html.close().close().line();
}

void write_list(Html& html, std::span<const StatusRow* const> rows, Time now) {
  html.element("h2", {}, "Up").open("ul", {{"class", "well"}}).line();
  for (const StatusRow* row : rows) write_item(html, *row, now);
  html.close().line();
}

}  // namespace

void write_checks(Html& html, const std::vector<const StatusRow*>& rows, Time now) {
  const auto well = std::ranges::find(rows, Shown::up, &StatusRow::state);
  if (well != rows.begin()) write_table(html, {rows.begin(), well}, now);
  if (well != rows.end()) write_list(html, {well, rows.end()}, now);
}

}  // namespace nines::reports
