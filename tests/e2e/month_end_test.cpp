// A running agent closes the month before by itself.

#include <chrono>
#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/time.hpp"
#include "tests/e2e/support.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;
using namespace std::chrono_literals;

TEST_CASE("an agent freezes the month before once it is settled, and writes its reports once") {
  const TempDir dir;
  const std::string data = dir.path() / "data";
  const Time now = std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const Time end = std::chrono::sys_days(today.year() / today.month() / 1);
  std::string lines;
  // Results up to now: a success in this month settles the one before.
  for (Time t = end - 24h * 31; t < now; t += 10min) {
    lines +=
        fmt::format(R"({{"check":"api","region":"eu","time":"{}","success":true,"duration_ms":1}})", format_time(t));
    lines += '\n';
  }
  REQUIRE(run_nines({"import", dir.write("r.jsonl", lines), "--data-dir", data}).status == 0);
  Agent agent("region: eu\ndata_dir: " + data + R"(
checks: [{name: api, target: 'http://127.0.0.1:1/', interval: 10m, timeout: 10s}]
objectives: [{name: uptime, checks: [api], indicator: uptime, target: '99%', window: month}]
)");
  eventually([&] { return !agent.told("month frozen").empty(); }, "the month is frozen");
  const std::string month = agent.told("month frozen")[0]["month"];
  CHECK(month == format_time(end - 1h).substr(0, 7));
  const auto file = std::filesystem::path(data) / "reports" / ("sla-" + month + ".json");
  eventually([&] { return std::filesystem::exists(file); }, "the report is written");
  const Json report = Json::parse(read_file(file));
  CHECK(report["frozen"]["fingerprint"].get<std::string>() ==
        agent.told("month frozen")[0]["fingerprint"].get<std::string>());
  CHECK(report["objectives"][0]["verdict"].get<std::string>() == "met");

  const Finished verified = agent.run("report", {"--verify", file});
  INFO(verified.output << verified.errors);
  CHECK(verified.status == 0);
  agent.process().signal(SIGTERM);
  CHECK(agent.process().wait() == 0);
}
