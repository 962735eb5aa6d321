// `nines report` of contracts, with what it tells of the time: hours, evidence, credits, the trend.

#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "store/store.hpp"
#include "tests/agent/captured_cli.hpp"
#include "tests/agent/support.hpp"
#include "tests/harness/prometheus.hpp"

namespace nines::agent {

using namespace std::chrono_literals;
using Catch::Contains;
using tests::nines;

namespace {

constexpr const char* kConfig = R"(
region: eu
checks: [{name: gateway, target: http://127.0.0.1:1/, interval: 1h, timeout: 10s, formerly: [door]}]
objectives:
  - {name: strict, checks: [gateway], indicator: uptime, target: '99%', window: month}
  - {name: lax, checks: [gateway], indicator: uptime, target: '90%', window: month}
  - {name: speed, checks: [gateway], indicator: latency, target: '< 1s', window: month}
  - {name: errors, checks: [gateway], indicator: error_rate, target: '< 10%', window: month}
contracts:
  - {name: acme, customer: ACME GmbH, objectives: [strict, speed], credits: {strict: [{below: 99%, percent: 10}, {below: 95%, percent: 25}]}}
  - {name: "b/c", objectives: [lax], credits: {lax: [{below: 90%, percent: 5}]}}
)";

// A result an hour from 2024-08-01 to 2024-11-15; failing from 2024-10-10T00:00Z for 24 hours, whose first failure left
// evidence, when the check was still called `door`.
struct Fixture {
  Fixture() {
    config = dir.write("nines.yml", kConfig);
    data = (dir.path() / "data").string();
    auto store = store::Store::open({.data_dir = data}).value();
    const Time end = *parse_time("2024-11-15T00:00:00Z");
    const Period down{*parse_time("2024-10-10T00:00:00Z"), *parse_time("2024-10-11T00:00:00Z")};
    for (Time t = *parse_time("2024-08-01T00:00:00Z"); t < end; t += 1h) {
      Result result;
      result.key = {t < *parse_time("2024-10-15T00:00:00Z") ? "door" : "gateway", "eu"};
      result.row.start = t;
      result.row.duration = 20ms;
      result.row.interval = 1h;
      if (down.contains(t)) {
        result.row.reason = result.row.first_reason = Reason::connect_refused;
        result.evidence.message = fmt::format("nobody listens, hour {}", (t - down.from) / 1h);
        result.evidence.address = "192.0.2.7:443";
        result.evidence.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
      }
      REQUIRE(store->submit(std::move(result)));
    }
    REQUIRE(store->flush());
  }

  tests::CliRun report(std::vector<std::string> options) const {
    std::vector<std::string> line{"report", "-c", config, "--data-dir", data};
    line.insert(line.end(), options.begin(), options.end());
    return nines(line);
  }
  Json october(std::vector<std::string> options = {}) const {
    options.insert(options.end(), {"--month", "2024-10", "--as-of", "2024-11-10", "--format", "json"});
    const auto run = report(options);
    INFO(run.err);
    REQUIRE(run.exit == 1);
    return Json::parse(run.out);
  }

  harness::TempDir dir;
  std::string config;
  std::string data;
};

}  // namespace

TEST_CASE("a report tells how its period went and stands beside those before it") {
  const Fixture fixture;
  const Json report = fixture.october();
  CHECK_FALSE(report.contains("contract"));
  REQUIRE(report["objectives"].size() == 4);
  const Json& uptime = report["objectives"][0];

  REQUIRE(uptime["hours"].size() == 24);
  CHECK(uptime["hours"][0]["from"] == "2024-10-10T00:00:00.000000Z");
  CHECK(uptime["hours"][0]["down_seconds"] == 3600.0);
  CHECK(uptime["hours"][0]["reason"] == "connect_refused");
  REQUIRE(uptime["outages"].size() == 1);
  CHECK(uptime["outages"][0]["evidence"] == Json({{"check", "gateway"},
                                                  {"region", "eu"},
                                                  {"time", "2024-10-10T00:00:00.000000Z"},
                                                  {"message", "nobody listens, hour 0"},
                                                  {"address", "192.0.2.7:443"},
                                                  {"failed_step", nullptr},
                                                  {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"}}));
  CHECK(uptime["budget_over_time"].back()["remaining_ratio"] == uptime["error_budget"]["remaining_ratio"]);

  const Json& trend = uptime["trend"];
  REQUIRE(trend.size() == 12);
  CHECK(trend[0]["label"] == "2023-11");
  for (std::size_t i = 0; i < 9; ++i) CHECK(trend[i]["no_data"] == true);
  CHECK(trend[9] ==
        Json({{"label", "2024-08"}, {"no_data", false}, {"measured", 1.0}, {"verdict", "met"}, {"down_seconds", 0.0}}));
  CHECK(trend[11]["label"] == "2024-10");
  CHECK(trend[11]["measured"] == uptime["measured"]);
  CHECK(trend[11]["verdict"] == "missed");
  CHECK(trend[11]["down_seconds"] == 86'400.0);
  CHECK(uptime["comparison"]["label"] == "2024-09");
  CHECK(uptime["comparison"]["measured"] == 1.0);
  CHECK(uptime["comparison"]["change"] == "worse");

  const Json& speed = report["objectives"][2];
  CHECK(speed["slices"].size() == 31);
  CHECK(speed["slices"][9]["samples"] == 0);  // the day of the outage has failures alone
  CHECK(speed["slices"][9]["failures"] == 24);
  CHECK(speed["p95_ms"] == 20.0);
  CHECK(speed["distribution"] == Json::array({{{"from_ms", 20.0}, {"to_ms", 20.001}, {"count", 720}}}));
  CHECK(speed["comparison"]["change"] == "same");
  CHECK(report["objectives"][3]["slices"][9]["bad"] == 24);
}

TEST_CASE("what several objectives read together gives each what it gives alone") {
  const Fixture fixture;
  const Json whole = fixture.october();
  const std::string text = kConfig;
  for (const std::size_t i : {0U, 1U, 2U, 3U}) {
    std::string alone = text.substr(0, text.find("objectives:"));
    std::string rows = text.substr(text.find("  - {name: strict"));
    for (std::size_t line = 0; line < i; ++line) rows = rows.substr(rows.find('\n') + 1);
    alone += "objectives:\n" + rows.substr(0, rows.find('\n') + 1);
    const auto run = nines({"report", "-c", fixture.dir.write("alone.yml", alone), "--data-dir", fixture.data,
                            "--month", "2024-10", "--as-of", "2024-11-10", "--format", "json"});
    INFO(run.err);
    CHECK(Json::parse(run.out)["objectives"][0] == whole["objectives"][i]);
  }
}

TEST_CASE("a contract's report has its objectives and the credit that is due") {
  const Fixture fixture;
  const Json report = fixture.october({"--contract", "acme"});
  CHECK(report["contract"] == Json({{"name", "acme"}, {"customer", "ACME GmbH"}}));
  REQUIRE(report["objectives"].size() == 2);
  CHECK(report["objectives"][0]["name"] == "strict");
  // 720 of 744 hours: 96.77 %.
  CHECK(report["objectives"][0]["credit"] == Json({{"due", 0.1}, {"below", 0.99}, {"why", nullptr}}));
  CHECK_FALSE(report["objectives"][1].contains("credit"));

  const auto markdown =
      fixture.report({"--contract", "acme", "--month", "2024-10", "--as-of", "2024-11-10", "--format", "md"});
  CHECK_THAT(markdown.out, Contains("# SLA report 2024-10 for ACME GmbH") &&
                               Contains("Credit: 10 % of the fee is due to ACME GmbH, since 96.774% is below 99 %.") &&
                               Contains("nobody listens, hour 0"));

  const auto running = fixture.report(
      {"--contract", "acme", "--month", "2024-10", "--as-of", "2024-10-20", "--format", "json", "--exit-zero"});
  CHECK(Json::parse(running.out)["objectives"][0]["credit"] ==
        Json({{"due", nullptr}, {"below", nullptr}, {"why", "the period is still running"}}));
}

TEST_CASE("every contract is written to a file of its own") {
  const Fixture fixture;
  const std::filesystem::path folder = fixture.dir.path() / "reports" / "2024-10";
  const std::vector<std::string> month{"--month", "2024-10", "--as-of", "2024-11-10", "--format", "json"};
  std::vector<std::string> all = month;
  all.insert(all.end(), {"--contract", "all", "-o", folder.string()});
  const auto run = fixture.report(all);
  CHECK(run.out.empty());
  CHECK(run.err.empty());
  CHECK(run.exit == 1);  // the worst of all
  const Json acme = Json::parse(harness::read_file(folder / "acme.json"));
  CHECK(acme["objectives"][0]["credit"]["due"] == 0.1);
  const Json other = Json::parse(harness::read_file(folder / "b-c.json"));
  CHECK(other["contract"]["customer"] == "b/c");
  CHECK(other["objectives"].size() == 1);
  CHECK(other["objectives"][0]["credit"]["due"] == 0.0);
}

TEST_CASE("a report asks the Prometheus for each period, and keeps query, time and answer") {
  const Fixture fixture;
  const harness::Prometheus prometheus({});
  const auto report = [&](const std::string& url, int exit) {
    const std::string file = fixture.dir.write(
        "queries.yml", fmt::format("checks: [{{name: gateway, target: 'http://127.0.0.1:1/'}}]\n"
                                   "prometheus: '{}'\n"
                                   "objectives: [{{name: cache, indicator: prometheus, query: 'time() / 1e10', "
                                   "target: '< 17.28%', critical: '> 20%'}}]\n",
                                   url));
    const auto run = nines({"report", "-c", file, "--data-dir", fixture.data, "--month", "2024-10", "--as-of",
                            "2024-11-10", "--format", "json"});
    CHECK(run.exit == exit);
    INFO(run.err);
    return Json::parse(run.out)["objectives"][0];
  };
  // 2024-11-01T00:00:00Z, the end of the period, is 1730419200.
  const Json asked = report(prometheus.url(), 1);
  CHECK(asked["measured"] == 0.17304192);
  CHECK(asked["verdict"] == "missed");
  CHECK(asked["level"] == "warning");
  CHECK(asked["query"] == "time() / 1e10");
  CHECK(asked["unit"] == "ratio");
  CHECK(asked["asked_for"] == "2024-11-01T00:00:00.000000Z");
  CHECK_THAT(asked["answer"].get<std::string>(), Contains("0.17304192"));
  CHECK(asked["coverage"].is_null());
  REQUIRE(asked["trend"].size() == 12);
  CHECK(asked["trend"][10]["measured"] == 0.17277408);  // 2024-10-01
  CHECK(asked["trend"][10]["verdict"] == "met");
  CHECK(asked["comparison"]["change"] == "worse");

  const Json unanswered = report("http://127.0.0.1:1", 3);
  CHECK(unanswered["measured"].is_null());
  CHECK(unanswered["answer"].is_null());
  CHECK_THAT(unanswered["why"].get<std::string>(), Contains("http://127.0.0.1:1 gave no answer: "));
  CHECK(unanswered["trend"][10] ==
        Json({{"label", "2024-09"}, {"no_data", true}, {"measured", nullptr}, {"verdict", "inconclusive"}}));
}

TEST_CASE("a contract that is not there, or has no place, is told before anything is read") {
  const Fixture fixture;
  const auto told = [&](std::vector<std::string> options) {
    options.insert(options.end(), {"--month", "2024-10"});
    const auto run = fixture.report(options);
    CHECK(run.exit == 2);
    CHECK(run.out.empty());
    return run.err;
  };
  CHECK_THAT(told({"--contract", "acne"}), Contains("has no contract \"acne\": expected one of acme, b/c, or all"));
  CHECK_THAT(told({"--contract", "all"}),
             Contains("--contract all writes a file for each contract: expected a directory in -o"));
}

}  // namespace nines::agent
