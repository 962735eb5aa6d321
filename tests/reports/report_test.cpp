#include "reports/report.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "reports/json_text.hpp"
#include "tests/reports/detailed.hpp"
#include "tests/reports/samples.hpp"

using namespace nines;
using namespace nines::reports;

namespace {

Json parsed(const Report& report) {
  return parse_json(to_json(report)).value();
}

}  // namespace

TEST_CASE("the reports of a month are the golden ones") {
  test::check_golden("month.json", to_json(test::month_report()));
  test::check_golden("month.md", to_markdown(test::month_report()));
}

TEST_CASE("the reports without data, of a running period and with infinite figures are the golden ones") {
  test::check_golden("odd.json", to_json(test::odd_report()));
  test::check_golden("odd.md", to_markdown(test::odd_report()));
}

TEST_CASE("the reports of a contract with details, credits and queries are the golden ones") {
  test::check_golden("detailed.json", to_json(test::detailed_report()));
  test::check_golden("detailed.md", to_markdown(test::detailed_report()));
}

TEST_CASE("a report without objectives says so") {
  Report report;
  report.version = "0.1.0";
  CHECK(parsed(report)["objectives"] == Json::array());
  CHECK(to_markdown(report).find("No objective is configured") != std::string::npos);
}

TEST_CASE("objectives keep the configuration's order in JSON and come worst first in Markdown") {
  const Report report = test::month_report();
  const Json json = parsed(report);
  for (std::size_t i = 0; i < report.objectives.size(); ++i) {
    CHECK(json["objectives"][i]["name"] == report.objectives[i].objective->name);
  }
  const std::string markdown = to_markdown(report);
  CHECK(markdown.find("| system-uptime |") < markdown.find("| error-rate |"));
  CHECK(markdown.find("| error-rate |") < markdown.find("| blips |"));
}

TEST_CASE("seconds in JSON are exact to the microsecond") {
  Report report = test::month_report();
  sla::UptimeFigures& uptime = *report.objectives[0].uptime;
  std::mt19937_64 random(7);
  constexpr std::int64_t kExact = (std::int64_t{1} << 33) * 1'000'000;  // from 272 years on a double is too coarse
  for (int i = 0; i < 1000; ++i) {
    const auto micros = static_cast<std::int64_t>(random() % (kExact >> (i % 40)));
    uptime.net.down = Micros(i == 0 ? kExact - 1 : micros);
    const double seconds = parsed(report)["objectives"][0]["down_seconds"].get<double>();
    CHECK(static_cast<std::int64_t>(std::llround(static_cast<long double>(seconds) * 1'000'000)) ==
          uptime.net.down.count());
  }
}

TEST_CASE("seconds within a century are written as the decimal that they are") {
  std::mt19937_64 random(11);
  std::uniform_int_distribution<std::int64_t> any(0, 3'155'760'000'000'000);
  for (int i = 0; i < 200'000; ++i) {
    const std::int64_t micros = any(random);
    const std::string text = json_text(Json(seconds(Micros(micros))));
    std::string exact = fmt::format("{}.{:06}", micros / 1'000'000, micros % 1'000'000);
    while (exact.ends_with('0') && !exact.ends_with(".0")) exact.pop_back();
    REQUIRE(text == exact + "\n");
  }
}

TEST_CASE("an unknown figure is null and an infinite one says so") {
  const Json objectives = parsed(test::odd_report())["objectives"];
  CHECK(objectives[0]["measured"].is_null());
  CHECK(objectives[0]["service"].is_null());
  CHECK(objectives[0]["mttr_seconds"].is_null());
  CHECK_FALSE(objectives[0].contains("on_track"));
  CHECK(objectives[1]["on_track"] == false);
  CHECK(objectives[2]["measured_ms"].is_null());
  CHECK(objectives[2]["infinite"] == true);
  CHECK(objectives[2]["regions"][0]["measured_ms"].is_null());
  CHECK(objectives[2]["regions"][0]["infinite"] == true);
  CHECK(objectives[3]["error_budget"]["remaining_ratio"].is_null());
  CHECK(objectives[3]["error_budget"]["infinite"] == true);
  const Json finite = parsed(test::month_report())["objectives"][2];
  CHECK_FALSE(finite.contains("infinite"));
  CHECK_FALSE(finite["regions"][0].contains("infinite"));
}

TEST_CASE("names cannot break out of a Markdown table") {
  const std::string markdown = to_markdown(test::odd_report());
  CHECK(markdown.find("\\[a\\|b\\]\\(http\\://evil\\) \\*\\`\\<script\\>\\`\\_") != std::string::npos);
  CHECK(markdown.find("[a|b]") == std::string::npos);
}

TEST_CASE("an outage that no up time follows has no end in Markdown and has not ended in JSON") {
  Report report = test::month_report();
  sla::Evaluation& closed = report.objectives[0];
  sla::Outage& outage = closed.uptime->outages[0];
  const std::string end = " | 2026-10-01 00:12:40 | ";
  CHECK(to_markdown(report).find(end) != std::string::npos);
  CHECK(parsed(report)["objectives"][0]["outages"][0]["ended"] == true);
  outage.open_after = true;
  CHECK(to_markdown(report).find(end) == std::string::npos);
  CHECK(to_markdown(report).find(" | not seen up again | ") != std::string::npos);
  const Json json = parsed(report)["objectives"][0]["outages"][0];
  CHECK(json["ended"] == false);
  CHECK(json["ongoing"] == false);
  // What is known to be down now is said, and only that.
  outage.ongoing = true;
  CHECK(to_markdown(report).find("not seen up again") == std::string::npos);
}

TEST_CASE("names ping nobody and link nowhere in Markdown") {
  const auto [name, shown] = GENERATE(table<std::string, std::string>({
      {"ask @oncall", "ask @&#8203;oncall"},
      {"me@site.example", "me@&#8203;site.example"},
      {"https://site.example/a:b", "https\\://site.example/a:b"},
      {"www.site.example", "www\\.site.example"},
  }));
  Report report;
  report.environment = name;
  CHECK(to_markdown(report).find(", environment " + shown + ", ") != std::string::npos);
}

TEST_CASE("Markdown says which results an error rate counts") {
  Report report = test::odd_report();
  sla::ErrorFigures& figures = *report.objectives[3].error_rate;
  const auto [are, errors, words] = GENERATE(table<config::ErrorsAre, int, std::string>({
      {config::ErrorsAre::server, 3, "3 of 1,000 results were server errors: 0.300%."},
      {config::ErrorsAre::server, 1, "1 of 1,000 results was a server error: 0.100%."},
      {config::ErrorsAre::failures, 3, "3 of 1,000 results failed: 0.300%."},
  }));
  figures.errors_are = are;
  figures.errors = errors;
  CHECK(to_markdown(report).find(words) != std::string::npos);
}

TEST_CASE("Markdown says that uptime meets but strict uptime misses") {
  CHECK(to_markdown(test::month_report())
            .find("Uptime meets the target but strict uptime, which counts every failed first attempt, misses it: "
                  "99.865%.") != std::string::npos);
}

TEST_CASE("JSON text is what nlohmann writes but for the noise") {
  const Json value = Json::parse(R"({"a":[1,-2.5,1e-7,true,null,"x\"é"],"b":{},"c":[],"d":{"e":2678400.0}})");
  CHECK(json_text(value) == dump_json_pretty(value));
  CHECK(json_text(Json(494.504289)) == "494.504289\n");
  CHECK(json_text(Json("\xff")) == "\"\xEF\xBF\xBD\"\n");
}
