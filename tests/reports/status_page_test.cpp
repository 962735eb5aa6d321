#include "reports/status_page.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "tests/reports/samples.hpp"

using namespace nines;
using namespace nines::reports;

namespace {

std::string page_named(const std::string& name) {
  for (const auto& [sample, model] : test::status_samples()) {
    if (sample == name) return status_page(model);
  }
  FAIL("no sample " << name);
  return {};
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

// What is between the first <tag …> and its end.
std::string inside(const std::string& page, const std::string& tag) {
  const std::size_t start = page.find('>', page.find("<" + tag)) + 1;
  return page.substr(start, page.find("</" + tag + ">") - start);
}

std::string without_tags(const std::string& html) {
  std::string text;
  bool tag = false;
  for (const char c : html) {
    if (c == '<') tag = true;
    if (!tag) text += c;
    if (c == '>') tag = false;
  }
  return text;
}

}  // namespace

TEST_CASE("every sample page is a whole document without script or outside asset") {
  const char* directory = std::getenv("NINES_SAMPLE_PAGES");
  for (const auto& [name, model] : test::status_samples()) {
    INFO(name);
    const std::string page = status_page(model);
    if (directory != nullptr) {
      std::ofstream(std::filesystem::path(directory) / (name + ".html"), std::ios::binary) << page;
    }
    CHECK(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    CHECK(page.ends_with("</html>\n"));
    CHECK(page.find("<meta http-equiv=\"refresh\" content=\"15\">") != std::string::npos);
    for (const char* forbidden : {"<script", "<link", "<img", "<iframe", "@import", "url(", " src=", "javascript:"}) {
      CHECK(page.find(forbidden) == std::string::npos);
    }
    for (const char* tag : {"table", "tr", "td", "th", "ul", "li", "span", "bdi", "main", "body", "time", "p"}) {
      const std::string open = std::string("<") + tag;
      CHECK(count_of(page, open + ">") + count_of(page, open + " ") == count_of(page, std::string("</") + tag + ">"));
    }
    CHECK(status_page(model) == page);
  }
}

TEST_CASE("the first line is the answer") {
  const auto [name, answer] = GENERATE(table<std::string, std::string>({
      {"nothing", "Nothing is configured"},
      {"one", "● The one check is up: tasks-api"},
      {"many", "◐ 1 of 300 failing: shop-1078"},
      {"outage", "■ 1 of 12 critical: tasks-api"},
      {"trouble", "● All 2 are up"},
  }));
  CHECK(without_tags(inside(page_named(name), "h1")) == answer);
}

TEST_CASE("the headline names three and counts the rest") {
  StatusModel model;
  for (const char* name : {"e", "d", "c", "b", "a"}) {
    model.rows.push_back({});
    model.rows.back().name = name;
    model.rows.back().state = Shown::critical;
  }
  CHECK(without_tags(inside(status_page(model), "h1")) == "■ 5 of 5 critical: a, b, c and 2 more");
}

TEST_CASE("rows come worst first, then by priority, then by name") {
  const std::string page = page_named("outage");
  std::size_t last = page.find("<tbody>");
  for (const char* name : {"tasks-api", "create-task", "login", "mail", "search", "billing", "gateway-readiness",
                           "worker-1", "worker-5"}) {
    INFO(name);
    const std::size_t at = page.find("<bdi>" + std::string(name) + "</bdi></a>", last);
    REQUIRE(at != std::string::npos);
    last = at;
  }
}

TEST_CASE("a row that is not well says why in words") {
  const std::string text = without_tags(page_named("outage"));
  for (const char* words :
       {"■ critical", "17 failures in a row", "▲ warning", "4 failures in a row, critical at 5", "◐ failing 2/3",
        "? unknown", "◌ suppressed", "◇ maintenance",
        "expected status 200, got 503 Service Unavailable from 192.0.2.7:443", "Failing step: visible",
        "Down: mongodb, search", "version 2.14.0", "never had a result", "12 min 40 s", "2026-10-14 02:10:20 UTC"}) {
    INFO(words);
    CHECK(text.find(words) != std::string::npos);
  }
}

TEST_CASE("a check that the agent could not probe says so, not that it never ran") {
  StatusModel model;
  model.now = test::at("2026-10-14T02:23:00Z");
  model.rows.resize(1);
  StatusRow& row = model.rows[0];
  const auto text = [&] { return without_tags(status_page(model)); };
  CHECK(text().find("No result yet.") != std::string::npos);
  row.last_outcome = {Reason::agent_network, "no route to 192.0.2.7"};
  CHECK(text().find("The agent could not probe: no route to 192.0.2.7.") != std::string::npos);
  CHECK(text().find("No result yet") == std::string::npos);
  CHECK(text().find("never had a result") == std::string::npos);
  row.last_outcome.message.clear();
  CHECK(text().find("The agent could not probe: agent had no network.") != std::string::npos);
  row.since = row.last_result = test::at("2026-10-14T02:13:00Z");
  CHECK(text().find("The agent could not probe: agent had no network.") != std::string::npos);
}

TEST_CASE("only a web address becomes a link") {
  StatusModel model;
  model.rows.resize(1);
  model.rows[0].runbook_url = "javascript:alert(1)";
  CHECK(status_page(model).find("href=\"javascript") == std::string::npos);
  model.rows[0].runbook_url = "https://wiki.example/a?b&c";
  CHECK(status_page(model).find("href=\"https://wiki.example/a?b&amp;c\"") != std::string::npos);
}

TEST_CASE("trouble of the agent is announced") {
  CHECK(without_tags(page_named("trouble")).find("■ The agent itself is in trouble: results cannot be stored") !=
        std::string::npos);
  CHECK(page_named("one").find("in trouble") == std::string::npos);
}

TEST_CASE("the page with an outage is the golden one") {
  test::check_golden("outage.html", page_named("outage"));
}

TEST_CASE("each state has a symbol and a word of its own") {
  std::vector<std::string_view> seen;
  for (const Shown state : {Shown::up, Shown::failing, Shown::warning, Shown::critical, Shown::unknown,
                            Shown::maintenance, Shown::suppressed}) {
    seen.push_back(shown_name(state));
    seen.push_back(shown_symbol(state));
  }
  std::ranges::sort(seen);
  CHECK(std::ranges::adjacent_find(seen) == seen.end());
}
