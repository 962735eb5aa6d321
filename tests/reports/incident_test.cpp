#include "reports/incident.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tests/reports/incident_samples.hpp"
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

std::string page_named(const std::string& name) {
  for (const auto& [sample, page] : test::incident_pages()) {
    if (sample == name) return page;
  }
  FAIL("no page " << name);
  return {};
}

}  // namespace

TEST_CASE("an incident as Markdown, for a review, is the golden one") {
  test::check_golden("incident.md", incident_markdown(test::whole_incident()));
}

TEST_CASE("an incident as text and as JSON is the golden one") {
  test::check_golden("incident.txt", incident_text(test::whole_incident()));
  test::check_golden("incident.json", incident_json(test::whole_incident()));
}

TEST_CASE("an incident's page is the golden one") {
  test::check_golden("incident.html", page_named("incident-whole"));
}

TEST_CASE("every page of incidents is a whole document without script or outside asset") {
  const char* directory = std::getenv("NINES_SAMPLE_PAGES");
  for (const auto& [name, page] : test::incident_pages()) {
    CAPTURE(name);
    if (directory != nullptr) {
      std::ofstream(std::filesystem::path(directory) / (name + ".html"), std::ios::binary) << page;
    }
    CHECK(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    CHECK(page.ends_with("</html>\n"));
    for (const char* forbidden :
         {"<script", "<link", "<img", "<iframe", "@import", "url(", " src=", "javascript:alert(1)\""}) {
      CHECK(page.find(forbidden) == std::string::npos);
    }
    for (const char* tag :
         {"table", "tr", "td", "th", "ul", "li", "span", "bdi", "main", "body", "time", "p", "dl", "div", "a"}) {
      const std::string open = std::string("<") + tag;
      CHECK(count_of(page, open + ">") + count_of(page, open + " ") == count_of(page, std::string("</") + tag + ">"));
    }
  }
}

TEST_CASE("names and notes that are markup do nothing, in every format") {
  const Incident odd = test::odd_incidents().front();
  CHECK_THAT(page_named("incident-odd-0"), Contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
  CHECK_THAT(page_named("incidents-odd"), Contains("href=\"/incidents/%3Cscript%3E"));
  const std::string markdown = incident_markdown(odd);
  CHECK(count_of(markdown, "<script") == count_of(markdown, "\\<script"));
  CHECK(markdown.find("](http://evil)") == std::string::npos);
  CHECK_THAT(markdown, Contains("\\<script\\>alert"));
  CHECK(parse_json(incident_json(odd))->at("subject") == odd.subject);
  Incident coloured = odd;
  coloured.notes.front().text = "\x1b[31mred";
  CHECK_THAT(incident_text(coloured), Contains("\\x1b[31mred"));
}

TEST_CASE("what lasts comes first, the more important before others, then the newest") {
  std::vector<Incident> all(5, test::whole_incident());
  const char* ids[] = {"old", "new", "p2", "p1", "p1-new"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].id = ids[i];
    all[i].ongoing = i >= 2;
    all[i].priority = i == 2 ? "P2" : "P1";
  }
  all[1].extent.from += 1h;
  all[4].extent.from += 1h;
  sort_worst_first(all);
  std::vector<std::string> order;
  for (const Incident& one : all) order.push_back(one.id);
  CHECK(order == std::vector<std::string>{"p1-new", "p1", "p2", "new", "old"});
}

TEST_CASE("a list page says first what goes on, and an empty one is a sentence") {
  const std::string some = without_tags(page_named("incidents-some"));
  CHECK_THAT(some, Contains("■ An incident is going on: create-task"));
  CHECK_THAT(some,
             Contains("2 incidents, 13 min 21 s of down time in all, of tasks in the 30 days to 2026-10-14 02:30"));
  CHECK(some.find("create-task", some.find("Going on")) < some.find("Before"));
  CHECK_THAT(some, Contains("Cause: the renewal job was off since the move; it is on again"));
  CHECK_THAT(some, Contains("3 older ones are left out here."));
  CHECK_THAT(page_named("incidents-some"), Contains("service=tasks") && Contains("http-equiv=\"refresh\""));
  const std::string none = without_tags(page_named("incidents-none"));
  CHECK_THAT(none, Contains("No incident is going on"));
  CHECK_THAT(none, Contains("There was no incident in the 30 days to 2026-10-14 02:30 UTC."));
  CHECK_THAT(without_tags(page_named("incidents-odd")), Contains("No incident is known to be going on"));
  CHECK_THAT(page_named("incidents-none"), !Contains("<table") && !Contains("http-equiv=\"refresh\""));
}

TEST_CASE("an incident's page answers at once: what, how long, seen from where, why") {
  const std::string whole = without_tags(page_named("incident-whole"));
  CHECK_THAT(whole, Contains("tasks was down: TLS certificate expired"));
  CHECK_THAT(whole,
             Contains("Down 12 min 41 s on Oct 14, 02:10–02:23 UTC, seen from 2 of 3 regions: eu-west-1, us-east-1."));
  CHECK_THAT(whole, Contains("Cause: the renewal job was off since the move; it is on againann, 2026-10-15 09:00 UTC"));
  CHECK_THAT(whole, Contains("28.380%"));
  CHECK_THAT(whole, Contains("408.000%"));
  CHECK_THAT(whole, Contains("none is allowed"));
  CHECK_THAT(whole, Contains("−6 min 20 sdeploymenttasks answers with version 1.4.2 instead of 1.4.1"));
  CHECK_THAT(whole, Contains("1,234 more are left out."));
  CHECK_THAT(whole, Contains("6 min 20 s before the first failure"));
  CHECK_THAT(whole, Contains("gate verify of v1.4.2: rollback") && Contains("1 min 40 s after the first failure"));
  CHECK_THAT(whole, Contains("Cause, as was said then: the load balancer&#39;s certificate?"));
  const std::string ongoing = without_tags(page_named("incident-ongoing"));
  CHECK_THAT(ongoing, Contains("■ create-task is down: "));
  CHECK_THAT(ongoing, Contains("Down 40 s so far, since Oct 14, 02:29 UTC, seen from us-east-1."));
  CHECK_THAT(ongoing, Contains("Its cause is not written yet: nines incident cause create-task-20261014T022920Z"));
  CHECK_THAT(ongoing, Contains("Working this out took too long here"));
  CHECK_THAT(without_tags(page_named("incident-odd-1")), Contains("not seen up again"));
}

TEST_CASE("an incident within a minute is told by that minute") {
  Incident incident = test::whole_incident();
  incident.extent.to = incident.extent.from + 15s;
  CHECK_THAT(without_tags(incident_page(incident, test::incident_origin())), Contains("on Oct 14, 02:10 UTC, seen"));
}

TEST_CASE("of no incidents every format says so") {
  CHECK(incidents_text({}) == "no incidents\n");
  CHECK(incidents_markdown({}) == "There were no incidents.\n");
  CHECK(parse_json(incidents_json({}))->at("incidents").empty());
  CHECK(parse_json(incidents_json({}, "x"))->at("next") == "x");
}
