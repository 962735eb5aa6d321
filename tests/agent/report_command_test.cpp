// `nines report` over a small store that was imported: whole runs of the command line.

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tests/agent/captured_cli.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {

using namespace std::chrono_literals;
using Catch::Contains;
using tests::nines;

namespace {

constexpr const char* kConfig = R"(
region: eu
checks: [{name: gateway, target: http://127.0.0.1:1/, interval: 1h, timeout: 10s}]
objectives:
  - {name: calendar, checks: [gateway], indicator: uptime, target: '99%', window: month, time_zone: Europe/Berlin}
  - {name: rolling, checks: [gateway], indicator: uptime, target: '50%', window: 7d}
)";

// A result an hour from 2024-09-01 to 2024-11-15; failing from 2024-10-10T00:00Z for 24 hours.
struct Fixture {
  Fixture() {
    config = dir.write("nines.yml", kConfig);
    data = dir.path() / "data";
    std::string lines;
    const Time end = *parse_time("2024-11-15T00:00:00Z");
    const Period down{*parse_time("2024-10-10T00:00:00Z"), *parse_time("2024-10-11T00:00:00Z")};
    for (Time t = *parse_time("2024-09-01T00:00:00Z"); t < end; t += 1h) {
      lines += fmt::format(R"({{"check":"gateway","region":"eu","time":"{}","success":{},"duration_ms":20}})",
                           format_time(t), !down.contains(t));
      lines += '\n';
    }
    const auto imported = nines({"import", dir.write("results.jsonl", lines), "--data-dir", data});
    REQUIRE(imported.exit == 0);
  }

  tests::CliRun report(std::vector<std::string> options) const {
    std::vector<std::string> line{"report", "-c", config, "--data-dir", data, "--format", "json"};
    line.insert(line.end(), options.begin(), options.end());
    return nines(line);
  }
  // Of the objective at `index`: "FROM TO".
  std::string period(const std::vector<std::string>& options, std::size_t index = 0) const {
    const auto run = report(options);
    INFO(run.err);
    REQUIRE(run.exit != 2);
    const Json json = Json::parse(run.out)["objectives"][index]["period"];
    return json["from"].get<std::string>().substr(0, 16) + " " + json["to"].get<std::string>().substr(0, 16);
  }

  harness::TempDir dir;
  std::string config;
  std::string data;
};

}  // namespace

TEST_CASE("the period is what was asked for, in the objective's time zone; a rolling window ends where it ends") {
  const Fixture fixture;
  struct Case {
    std::vector<std::string> options;
    const char* calendar;
    const char* rolling;
  };
  const Case cases[] = {
      {{"--month", "2024-10"}, "2024-09-30T22:00 2024-10-31T23:00", "2024-10-25T00:00 2024-11-01T00:00"},
      {{"--quarter", "2024-Q4"}, "2024-09-30T22:00 2024-12-31T23:00", "2024-12-25T00:00 2025-01-01T00:00"},
      {{"--year", "2024"}, "2023-12-31T23:00 2024-12-31T23:00", "2024-12-25T00:00 2025-01-01T00:00"},
      {{"--last", "2d", "--as-of", "2024-10-05T06:00:00Z"},
       "2024-10-03T06:00 2024-10-05T06:00",
       "2024-10-03T06:00 2024-10-05T06:00"},
      {{"--from", "2024-10-01", "--to", "2024-10-02T12:00"},
       "2024-09-30T22:00 2024-10-02T10:00",
       "2024-10-01T00:00 2024-10-02T12:00"},
      {{"--from", "2024-10-01T00:00:00+02:00", "--to", "2024-10-02T00:00:00Z"},
       "2024-09-30T22:00 2024-10-02T00:00",
       "2024-09-30T22:00 2024-10-02T00:00"},
      {{"--as-of", "2024-10-05T06:00:00Z"}, "2024-09-30T22:00 2024-10-31T23:00", "2024-09-28T06:00 2024-10-05T06:00"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.options);
    CHECK(fixture.period(one.options, 0) == one.calendar);
    CHECK(fixture.period(one.options, 1) == one.rolling);
  }
}

TEST_CASE("without a period the objectives' own of now are reported") {
  const Fixture fixture;
  const auto run = fixture.report({});
  const Json period = Json::parse(run.out)["objectives"][0]["period"];
  const Time now = system_clock().now();
  CHECK(parse_time(period["from"].get<std::string>()).value() <= now);
  CHECK(parse_time(period["to"].get<std::string>()).value() > now);
}

TEST_CASE("the figures of a month with a day's outage") {
  const Fixture fixture;
  const auto run = fixture.report({"--month", "2024-10", "--as-of", "2024-11-10"});
  CHECK(run.exit == 1);
  CHECK(run.err.empty());
  const Json report = Json::parse(run.out);
  CHECK(report["schema"] == "nines.report/v1");
  CHECK(report["as_of"] == "2024-11-10T00:00:00.000000Z");
  const Json& objective = report["objectives"][0];
  CHECK(objective["down_seconds"] == 86'400.0);
  // October in Berlin has 31 days and the hour that the clocks go back.
  CHECK(objective["up_seconds"] == 86'400.0 * 30 + 3600);
  CHECK(objective["unknown_seconds"] == 0.0);
  CHECK(objective["verdict"] == "missed");
  CHECK(objective["mttr_seconds"] == 86'400.0);
}

TEST_CASE("the exit code says how the verdicts are; --exit-zero does not") {
  const Fixture fixture;
  struct Case {
    std::vector<std::string> options;
    int exit;
  };
  const Case cases[] = {
      {{"--month", "2024-09", "--as-of", "2024-11-10"}, 0},  // met, though the zone's first two hours lack
      {{"--from", "2024-09-02", "--to", "2024-09-20"}, 0},   // met, both
      {{"--month", "2024-10", "--as-of", "2024-11-10"}, 1},  // missed
      {{"--month", "2024-11", "--as-of", "2024-11-28"}, 3},  // running
      {{"--from", "2020-01-01", "--to", "2020-02-01"}, 3},   // nothing known
      {{"--from", "2020-01-01", "--to", "2020-02-01", "--exit-zero"}, 0},
      {{"--month", "2024-10", "--as-of", "2024-11-10", "--exit-zero"}, 0},
      {{"--month", "2024-13", "--exit-zero"}, 2},
      {{"--quarter", "2024-Q5"}, 2},
      {{"--year", "MMXXVI"}, 2},
      {{"--last", "0s"}, 2},
      {{"--last", "a month"}, 2},
      {{"--from", "2024-10-02", "--to", "2024-10-01"}, 2},
      {{"--from", "2024-10-01", "--to", "2024-10-01"}, 2},
      {{"--as-of", "tomorrow"}, 2},
      {{"--data-dir", "/nowhere/at/all", "--month", "2024-10"}, 4},
      {{"--data-dir", "/nowhere/at/all", "--month", "2024-10", "--exit-zero"}, 4},
  };
  for (const Case& one : cases) {
    const auto run = fixture.report(one.options);
    CAPTURE(one.options, run.err);
    CHECK(run.exit == one.exit);
    CHECK(run.out.empty() == (run.exit == 2 || run.exit == 4));
  }
}

TEST_CASE("a store given twice changes no figure") {
  const Fixture fixture;
  const std::vector<std::string> month{"--month", "2024-10", "--as-of", "2024-11-10"};
  std::vector<std::string> twice = month;
  twice.insert(twice.end(), {"--data-dir", fixture.data});
  CHECK(Json::parse(fixture.report(twice).out)["objectives"] == Json::parse(fixture.report(month).out)["objectives"]);
}

TEST_CASE("-o FILE is written whole or not at all, with nothing on stdout") {
  const Fixture fixture;
  const std::string file = fixture.dir.path() / "report.json";
  const auto run = fixture.report({"--month", "2024-10", "--as-of", "2024-11-10", "-o", file});
  CHECK(run.exit == 1);
  CHECK(run.out.empty());
  CHECK(Json::parse(harness::read_file(file))["objectives"].size() == 2);

  const auto nowhere = fixture.report({"--month", "2024-10", "-o", fixture.dir.path() / "no" / "report.json"});
  CHECK(nowhere.exit == 4);
  CHECK_THAT(nowhere.err, Contains("cannot write"));
  CHECK_FALSE(std::filesystem::exists(fixture.dir.path() / "no"));

  // A directory of that name cannot be replaced: no half-written file stays beside it.
  const std::filesystem::path taken = fixture.dir.path() / "taken";
  std::filesystem::create_directories(taken / "inside");
  CHECK(fixture.report({"--month", "2024-10", "-o", taken.string()}).exit == 4);
  CHECK(std::filesystem::is_directory(taken));
  for (const auto& entry : std::filesystem::directory_iterator(fixture.dir.path())) {
    CHECK_FALSE(entry.path().string().ends_with(".part"));
  }
}

TEST_CASE("a configuration without objectives has nothing to report: exit 2") {
  const Fixture fixture;
  const std::string file = fixture.dir.write("bare.yml", "checks: [{name: a, target: http://127.0.0.1:1/}]\n");
  const auto run = nines({"report", "-c", file, "--month", "2024-10"});
  CHECK(run.exit == 2);
  CHECK(run.err == "nines: " + file + " has no objectives: there is nothing to report\n");
}

}  // namespace nines::agent
