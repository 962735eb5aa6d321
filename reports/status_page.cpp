#include "reports/status_page.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <tuple>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/status_parts.hpp"
#include "sla/calendar.hpp"

namespace nines::reports {
namespace {

constexpr std::size_t kNamesInHeadline = 3;
constexpr std::size_t kNameInHeadline = 48;  // bytes

constexpr std::array kWorstFirst = {Shown::critical,   Shown::warning,     Shown::failing, Shown::unknown,
                                    Shown::suppressed, Shown::maintenance, Shown::up};

std::size_t rank(Shown state) {
  return static_cast<std::size_t>(std::ranges::find(kWorstFirst, state) - kWorstFirst.begin());
}

std::size_t count(const std::vector<const StatusRow*>& rows, Shown state) {
  return static_cast<std::size_t>(std::ranges::count(rows, state, &StatusRow::state));
}

// The page's answer, in two parts: "1 of 12 critical: " and whose names follow.
struct Headline {
  std::string words;
  std::vector<std::string> names;
  std::size_t more = 0;
};

Headline headline(const std::vector<const StatusRow*>& rows) {
  if (rows.empty()) return {"Nothing is configured", {}};
  const Shown worst = rows.front()->state;
  const std::size_t many = count(rows, worst);
  const std::string_view word = worst == Shown::maintenance ? "in maintenance" : shown_name(worst);
  if (rows.size() == 1)
    return {fmt::format("The one check is {}: ", word), {ellipsize(rows[0]->name, kNameInHeadline)}};
  if (many == rows.size()) {
    if (worst == Shown::up) return {fmt::format("All {} are up", many), {}};
    if (worst == Shown::unknown) return {fmt::format("Nothing is known of all {} checks", many), {}};
  }
  Headline result{fmt::format("{} of {} {}: ", many, rows.size(), word), {}};
  for (const StatusRow* row : rows | std::views::take(std::min(many, kNamesInHeadline))) {
    result.names.push_back(ellipsize(row->name, kNameInHeadline));
  }
  result.more = many - result.names.size();
  return result;
}

std::string title(const Headline& headline) {
  std::string text = headline.words;
  for (const std::string& name : headline.names) text += (&name == headline.names.data() ? "" : ", ") + name;
  if (headline.more > 0) text += fmt::format(" and {} more", headline.more);
  return text + " · Nines";
}

void write_headline(Html& html, const std::vector<const StatusRow*>& rows, const Headline& headline) {
  const Shown worst = rows.empty() ? Shown::unknown : rows.front()->state;
  html.open("h1").open("span", {{"class", shown_name(worst)}});
  if (!rows.empty()) html.open("span", {{"class", "state"}}).text(shown_symbol(worst)).close().text(" ");
  html.text(headline.words);
  for (const std::string& name : headline.names) {
    if (&name != headline.names.data()) html.text(", ");
    html.element("bdi", {}, name);
  }
  if (headline.more > 0) html.text(fmt::format(" and {} more", headline.more));
  html.close().close().line();
}

// "■ 1 critical  ◐ 2 failing  ● 9 up": only where the headline does not say it all.
void write_counts(Html& html, const std::vector<const StatusRow*>& rows) {
  if (rows.empty() || rows.front()->state == rows.back()->state) return;
  html.open("p", {{"class", "counts"}});
  for (const Shown state : kWorstFirst) {
    const std::size_t many = count(rows, state);
    if (many > 0) write_state(html, state, fmt::format("{} {}", many, shown_name(state)));
  }
  html.close().line();
}

void write_trouble(Html& html, const std::string& trouble) {
  if (trouble.empty()) return;
  html.open("p", {{"class", "trouble"}, {"role", "alert"}});
  html.element("strong", {}, "■ The agent itself is in trouble").text(": " + trouble).close().line();
}

void write_nothing(Html& html) {
  html.open("p")
      .text("There are no checks and no journeys in nines.yml. Add one under ")
      .element("code", {}, "checks:");
  html.text(" and restart the agent; it will be shown here.").close().line();
}

void write_head(Html& html, const std::string& title) {
  html.markup("<!DOCTYPE html>\n").open("html", {{"lang", "en"}}).open("head");
  html.empty("meta", {{"charset", "utf-8"}});
  html.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  html.empty("meta", {{"http-equiv", "refresh"}, {"content", "15"}});
  html.element("title", {}, title).open("style").markup(kStatusStyle).close().close().line();
}

void write_footer(Html& html, const StatusModel& model) {
  html.open("footer", {{"class", "small"}}).open("p").text("As of ");
  html.element("time", {{"datetime", format_time(model.now, 0)}}, say_time(model.now));
  if (!model.region.empty()) html.text(", seen from ").element("bdi", {}, model.region);
  if (!model.environment.empty()) html.text(", environment ").element("bdi", {}, model.environment);
  html.text(" · nines " + model.version + " · ").element("a", {{"href", "/incidents"}}, "incidents").text(" · ");
  html.element("a", {{"href", "/metrics"}}, "metrics").text(" · ");
  html.element("a", {{"href", "/health"}}, "health");
  html.element("span", {{"class", "refresh"}}, " · the page loads anew every 15 s");
  html.close().close().line();
}

}  // namespace

void sort_worst_first(std::vector<const StatusRow*>& rows) {
  std::ranges::stable_sort(rows, {}, [](const StatusRow* row) {
    return std::tuple(rank(row->state), row->priority.empty(), std::string_view(row->priority),
                      std::string_view(row->name));
  });
}

std::string say_time(Time time) {
  return sla::format_local(time, "UTC") + " UTC";
}

void write_state(Html& html, Shown state, std::string_view words) {
  html.open("span", {{"class", shown_name(state)}}).open("span", {{"class", "state"}});
  html.text(shown_symbol(state)).text(" ").text(words).close().close();
}

std::string status_page(const StatusModel& model) {
  std::vector<const StatusRow*> rows;
  for (const StatusRow& row : model.rows) rows.push_back(&row);
  sort_worst_first(rows);
  const Headline answer = headline(rows);
  Html html;
  write_head(html, title(answer));
  html.open("body").open("main").line();
  write_headline(html, rows, answer);
  write_counts(html, rows);
  write_trouble(html, model.trouble);
  if (rows.empty()) write_nothing(html);
  write_checks(html, rows, model.now);
  write_objectives(html, model.objectives);
  if (model.recent_probes) write_recent_probes(html, *model.recent_probes);
  html.close().line();
  write_footer(html, model);
  return std::move(html).take() + "\n";
}

}  // namespace nines::reports
