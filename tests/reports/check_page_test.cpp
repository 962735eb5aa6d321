#include "reports/check_page.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "reports/objective_page.hpp"
#include "tests/reports/check_samples.hpp"
#include "tests/reports/samples.hpp"

using namespace nines;
using namespace nines::reports;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

std::string without_tags(const std::string& html) {
  std::string text;
  bool tag = false;
  for (const char c : html.substr(html.find("<body"))) {
    if (c == '<') tag = true;
    if (!tag) text += c;
    if (c == '>') tag = false;
  }
  return text;
}

std::string text_of(const CheckPage& page) {
  return without_tags(check_page(page));
}

}  // namespace

TEST_CASE("a check's page and a journey's are the golden ones") {
  test::check_golden("check.html", check_page(test::critical_check()));
  test::check_golden("journey.html", check_page(test::failing_journey()));
}

TEST_CASE("every page of a check is a whole document without script or outside asset") {
  const char* directory = std::getenv("NINES_SAMPLE_PAGES");
  for (const auto& [name, model] : test::check_pages()) {
    CAPTURE(name);
    const std::string page = check_page(model);
    if (directory != nullptr) {
      std::ofstream(std::filesystem::path(directory) / (name + ".html"), std::ios::binary) << page;
    }
    CHECK(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    CHECK(page.ends_with("</html>\n"));
    for (const char* forbidden : {"<script", "<link", "<img", "<iframe", "@import", "url(h", " src=", "href=\"java"}) {
      CHECK(page.find(forbidden) == std::string::npos);
    }
    for (const char* tag : {"table", "tr", "td",  "th", "ul",  "li", "span", "bdi",    "main",    "body", "time",
                            "p",     "dl", "div", "a",  "svg", "g",  "text", "figure", "details", "pre"}) {
      const std::string open = std::string("<") + tag;
      CHECK(count_of(page, open + ">") + count_of(page, open + " ") == count_of(page, std::string("</") + tag + ">"));
    }
    CHECK(check_page(model) == page);
  }
}

TEST_CASE("the first line of a check's page is its state, with symbol and word") {
  struct Case {
    Shown state;
    const char* line;
  };
  const Case cases[] = {
      {Shown::up, "● tasks-api is up"},
      {Shown::failing, "◐ tasks-api is failing"},
      {Shown::warning, "▲ tasks-api is in warning"},
      {Shown::critical, "■ tasks-api is critical"},
      {Shown::unknown, "? tasks-api is not known to be up"},
      {Shown::maintenance, "◇ tasks-api is in maintenance"},
      {Shown::suppressed, "◌ tasks-api is suppressed"},
  };
  CheckPage page = test::critical_check();
  for (const Case& one : cases) {
    page.row.state = one.state;
    CHECK_THAT(text_of(page), Contains(one.line));
    CHECK_THAT(check_page(page), Contains("<title>" + std::string(one.line) + " · Nines</title>"));
  }
  CHECK_THAT(text_of(test::new_check()), Contains("? tasks-web has had no result yet"));
}

TEST_CASE("a check that fails says since when, why, how far from its thresholds, and what it left") {
  const std::string text = text_of(test::critical_check());
  for (const char* words : {"Since 2026-10-14 02:14 UTC, for 9 min.",
                            "GET https://tasks.example/health from 192.0.2.7:443: answered 503",
                            "13 failures in a row: warning at 3, critical at 5, up again after 1 success.",
                            "Components that are down: mongodb",
                            "tasks (P1)",
                            "every 1 min",
                            "1.4.2",
                            "■ critical CheckFailing: Check tasks-api of tasks is critical",
                            "▲ warning ComponentDown",
                            "Failed at 2026-10-14 02:22 UTC, after 123 ms, status 503, at attempt 2, 192.0.2.7:443.",
                            "processing",
                            "Retry-After: 30",
                            "trace 8ccaa560ede7787a4626eae506ff6800",
                            "connection reset by 192.0.2.7:443",
                            "Uptime, last 45 days",
                            "down 25 min in 2 outages.",
                            "Day by day",
                            "The last 30 days: up ",
                            "The target is that of tasks-latency.",
                            "target &lt; 80ms",
                            "tasks: version 1.4.2 instead of 1.4.1",
                            "◇ in force Oct 14, 02:00–04:00 UTC: move &lt;now&gt;all services, ops",
                            "◇ planned Oct 18"}) {
    INFO(words);
    CHECK(text.find(words) != std::string::npos);
  }
  CHECK_THAT(check_page(test::critical_check()), Contains("href=\"https://wiki.example/runbooks/tasks?a&amp;b\"") &&
                                                     Contains("href=\"/incidents/tasks-20261014T021000Z\""));
  // Its evidence comes before how it went; of one that is well it comes last.
  CHECK(text.find("Last failure") < text.find("Uptime, "));
}

TEST_CASE("a journey's last run is its steps, the failing one named") {
  const std::string text = text_of(test::failing_journey());
  CHECK_THAT(text, Contains("Failing step: create"));
  CHECK_THAT(text, Contains("■ \u2068create\u2069500 ms · 500"));
  CHECK_THAT(text, Contains("\u2068visible\u2069skipped"));
  CHECK_THAT(text, Contains("Hour by hour"));
  CHECK_THAT(check_page(test::failing_journey()), Contains("class=\"extent failed\" x=\"44.44%\" width=\"55.56%\""));
}

TEST_CASE("of what there is nothing, a check's page says so in sentences") {
  const std::string text = text_of(test::new_check());
  for (const char* words :
       {"There was none yet: the first follows within an interval of the start.",
        "No result is stored yet, so nothing is known.",
        "No run has succeeded in the last 24 hours, so there is no latency to show.", "It was part of none.",
        "No version changed and no gate ended.", "None now, and none in the next 7 days.", "None is stored."}) {
    INFO(words);
    CHECK(text.find(words) != std::string::npos);
  }
  CHECK_THAT(check_page(test::new_check()), !Contains("class=\"chart strip\"") && !Contains("class=\"chart axes\""));
  CheckPage restarted = test::critical_check();
  restarted.last.reset();
  CHECK_THAT(text_of(restarted), Contains("None since the agent started; the last one before that was at 2026-10-14"));
}

TEST_CASE("an objective's page begins with its verdict, and has its figure, its budget and its burn rates") {
  const Report report = test::month_report();
  ObjectivePage page;
  page.origin = test::critical_check().origin;
  page.evaluation = report.objectives.front();
  page.objective = page.evaluation->objective;
  page.burn_rates = {{"5m", 0.0}, {"1h", 14.4}, {"3d", std::nullopt}};
  page.rows = {test::new_check().row, test::critical_check().row};
  test::check_golden("objective.html", objective_page(page));
  const std::string text = without_tags(objective_page(page));
  CHECK_THAT(text, Contains("■ system-uptime: missed"));
  CHECK_THAT(text, Contains("Target≥ 99.9%") && Contains("1h14.400") && Contains("3dn/a"));
  CHECK(text.find("tasks-api") < text.find("tasks-web"));
  CHECK_THAT(text, Contains("Outages of the period") && Contains("Down "));

  page.burn_rates = {{"5m", std::nullopt}};
  CHECK_THAT(without_tags(objective_page(page)), Contains("Nothing is known of the last three days."));
  page.evaluation.reset();
  CHECK_THAT(without_tags(objective_page(page)),
             Contains("? system-uptime: not evaluated yet") && Contains("the first figures come some seconds after"));
}

TEST_CASE("a check without a target of latency has a chart without one") {
  CheckPage page = test::critical_check();
  page.target.reset();
  CHECK_THAT(check_page(page), !Contains("class=\"target\"") && Contains("class=\"chart axes\""));
}
