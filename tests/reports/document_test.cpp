#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "reports/report.hpp"
#include "tests/reports/documents.hpp"
#include "tests/reports/samples.hpp"

using namespace nines;
using namespace nines::reports;

namespace {

std::string html_of(const std::string& name) {
  for (const auto& [sample, report] : test::documents()) {
    if (sample == name) return to_html(report);
  }
  FAIL("there is no sample " << name);
  return {};
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

// Elements closed in order, attributes quoted; void elements of HTML as they are. Empty: well-formed.
std::string fault_of(const std::string& html) {
  static const std::regex kTag(R"re(<(/?)([a-zA-Z][a-zA-Z0-9]*)((?: [a-zA-Z-]+[0-9]?="[^"<>]*")*)(/?)>)re");
  const std::size_t body = html.find("</style>");
  std::vector<std::string> open;
  std::string rest;
  auto at = html.begin() + static_cast<std::ptrdiff_t>(body == std::string::npos ? 0 : body + 8);
  for (std::sregex_iterator tag(at, html.end(), kTag), end; tag != end; ++tag) {
    const std::smatch& match = *tag;
    rest += match.prefix().str();
    if (match[4].length() > 0) continue;
    if (match[1].length() == 0) {
      open.push_back(match[2]);
    } else if (open.empty()) {
      if (match[2] != "head" && match[2] != "html") return "nothing is open before </" + match[2].str() + ">";
    } else {
      if (open.back() != match[2]) return "</" + match[2].str() + "> ends <" + open.back() + ">";
      open.pop_back();
    }
  }
  if (rest.find('<') != std::string::npos) return "a < that begins no element: " + rest.substr(rest.find('<'), 80);
  return open.empty() ? "" : "open: " + open.back();
}

}  // namespace

TEST_CASE("the HTML and CSV of a month are the golden ones") {
  test::check_golden("rich.html", to_html(test::rich_report()));
  test::check_golden("rich.csv", to_csv(test::rich_report()));
}

TEST_CASE("every HTML report is well-formed and the same bytes twice") {
  for (const auto& [name, report] : test::documents()) {
    INFO(name);
    const std::string html = to_html(report);
    CHECK(fault_of(html) == "");
    CHECK(html == to_html(report));
    if (const char* directory = std::getenv("NINES_DOCUMENTS")) {
      std::ofstream(std::filesystem::path(directory) / (name + ".html"), std::ios::binary) << html;
    }
  }
}

TEST_CASE("an HTML report fetches nothing, and its policy takes its own style and nothing else") {
  for (const auto& [name, report] : test::documents()) {
    INFO(name);
    const std::string html = to_html(report);
    const std::size_t begin = html.find("<style>") + 7;
    const std::string style = html.substr(begin, html.find("</style>") - begin);
    CHECK(
        contains(html, "default-src &#39;none&#39;; style-src &#39;sha256-" + base64_encode(sha256(style)) + "&#39;"));
    for (const char* fetching : {"<script", "<img", "<link", "<iframe", " src=\"", " style=\"", " onload=\""}) {
      INFO(fetching);
      CHECK_FALSE(contains(html, fetching));
    }
    CHECK_FALSE(contains(style, "@import"));
    for (std::size_t at = html.find("url("); at != std::string::npos; at = html.find("url(", at + 1)) {
      CHECK(html.substr(at, 6) == "url(#n");
    }
    // Links lead inside the page.
    CHECK(count(html, " href=\"") == count(html, " href=\"#o"));
  }
}

TEST_CASE("ids are unique and every reference to one leads somewhere") {
  const std::string html = html_of("rich");
  static const std::regex kId(R"re( id="([^"]+)")re");
  static const std::regex kReference(R"re((?: href="#| aria-labelledby="|url\(#)([^")]+))re");
  std::set<std::string> ids;
  for (std::sregex_iterator id(html.begin(), html.end(), kId), end; id != end; ++id) {
    INFO((*id)[1]);
    CHECK(ids.insert((*id)[1]).second);
  }
  CHECK(ids.size() > 20);
  for (std::sregex_iterator reference(html.begin(), html.end(), kReference), end; reference != end; ++reference) {
    const std::string names = (*reference)[1];
    for (const std::string_view name : split(names, ' ')) {
      INFO(name);
      CHECK(ids.contains(std::string(name)));
    }
  }
}

TEST_CASE("what an HTML report says of a month") {
  const std::string html = html_of("rich");
  for (const char* words : {
           // the answer
           "3 of 7 objectives missed: ",
           "Credit due: 10 % of the fee, as uptime is below 99.9 %",
           "No credit can be told yet: the verdict is inconclusive",
           // how it went, why
           "Down 12 min 41 s on Oct 14, 02:10–02:23 UTC, seen from 2 of 3 regions: TLS certificate expired",
           "Down 2 h 28 min on Oct 25, 21:40 – Oct 26, 00:07 UTC, seen from 3 of 3 regions",
           "the certificate of gateway.example expired on 2026-10-14 02:10:00 UTC",
           "4bf92f3577b34da6a3ce929d0e0e4736",
           "net: exclusions left out",
           "gross: nothing excluded",
           "strict: every failed first attempt counts",
           // hours on hover
           "Oct 14: down 12 min 41 s; uptime 99.120%\nOct 14, 02:00–03:00: down 12 min 41 s (TLS certificate expired)",
           "Oct 22: unknown 6 h 30 min; uptime 100.000%",
           // exclusions
           "upgrade of the gateway to 3.0",
           "ops@example.com",
           "Sun 02:00-03:00 Europe/Berlin",
           "no author given",
           // nothing known is a sentence
           "No data: nothing is known of the period.",
           // the month before
           "Worse than in September 2026: ",
           "Page \" counter(page)",
       }) {
    INFO(words);
    CHECK(contains(html, words));
  }
}

TEST_CASE("the worst objective and the worst outage come first") {
  const std::string html = html_of("rich");
  const auto heading = [&](std::string_view name) { return html.find(fmt::format(" · <bdi>{}</bdi></h2>", name)); };
  CHECK(heading("search-response-time") < heading("system-uptime"));
  CHECK(heading("system-uptime") < heading("search-uptime"));
  CHECK(heading("search-uptime") < heading("task-uptime"));
  const std::size_t table = html.find("class=\"outages\"");
  CHECK(html.find(" Down 2 h 28 min on", table) < html.find(" Down 12 min 41 s on", table));
}

TEST_CASE("of many objectives those that are well show their answer, and the rest of it one click away") {
  const std::string html = html_of("many");
  CHECK(count(html, "<details class=\"more\">") == 34);
  const std::size_t missed = html.find(" · <bdi>system-uptime</bdi></h2>");
  const std::size_t well = html.find(" · <bdi>shop-01-uptime</bdi></h2>");
  REQUIRE(missed < well);
  CHECK(html.find("<details class=\"more\">") > well);
  // The strip stays in sight, the charts do not.
  const std::size_t folded = html.find("<details class=\"more\">", well);
  CHECK(html.find("Day by day", well) < folded);
  CHECK(html.find("Error budget left</h3>", well) > folded);
  CHECK(count(html_of("rich"), "<details class=\"more\">") == 0);
}

TEST_CASE("an objective without data has no chart") {
  const std::string html = html_of("no-data");
  CHECK(count(html, "No data: nothing is known of the period.") == 4);
  CHECK_FALSE(contains(html, "role=\"img\""));
}

TEST_CASE("an HTML report without objectives says so") {
  const std::string html = html_of("nothing");
  CHECK(contains(html, "No objective is configured: there is nothing to judge"));
  CHECK_FALSE(contains(html, "<table"));
}

TEST_CASE("a running period says that it runs, and what is down is not said to have ended") {
  const std::string html = html_of("running");
  CHECK(contains(html, "still running, as of 2026-10-17 11:30"));
  CHECK(contains(html, "Down 28 min 20 s so far, since Oct 17, 11:01 Europe/Berlin, still down"));
  CHECK(contains(html, ">still down</td>"));
  CHECK(contains(html, "Oct 25: not yet"));
  CHECK(contains(html, "At the rate so far "));
}

TEST_CASE("an outage whose evidence has been dropped says so") {
  CHECK(contains(html_of("hostile"), "Its evidence is no longer stored."));
}

TEST_CASE("the CSV has a head and one row per objective, lines end as RFC 4180 has it") {
  const Report report = test::rich_report();
  const std::string csv = to_csv(report);
  CHECK(count(csv, "\r\n") == report.objectives.size() + 1);
  CHECK(count(csv, "\n") == count(csv, "\r\n"));
  CHECK(to_csv(Report{}) == csv.substr(0, csv.find("\r\n") + 2));
  const std::size_t head = count(csv.substr(0, csv.find("\r\n")), ",");
  CHECK(head == 31);
}

TEST_CASE("no cell of a CSV is a formula and quotes are doubled") {
  const std::string csv = to_csv(test::hostile_report());
  CHECK(contains(csv, "\"'=cmd|' /C calc'!A0<script>alert(1)</script>\","));
  CHECK(contains(csv, "\"'@SUM(1+1)\","));
  CHECK(contains(csv, "\"coverage, \"\"low\"\"\r\n<script>alert(2)</script>\","));
  Report report = test::rich_report();
  auto config = std::make_shared<config::Config>(*report.config);
  for (auto& evaluation : report.objectives) evaluation.objective = config->objectives.data();
  report.config = config;
  for (const std::string name : {"=1", "+1", "-1", "@x", "\t=1", "  =1", "|x", "%x", "＝1", "\r+1"}) {
    config->objectives[0].name = name;
    CHECK(contains(to_csv(report), "\n\"'" + name + "\","));
  }
}
