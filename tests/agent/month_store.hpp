#pragma once

// A store with two and a half months of hourly results of one check, and the command line over it.

#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/time.hpp"
#include "tests/agent/captured_cli.hpp"
#include "tests/harness/scratch.hpp"

namespace nines::agent::tests {

// A result an hour of the check `gateway` in the region `eu` from 2024-09-01 to 2024-11-15; failing from
// 2024-10-10T00:00Z for 24 hours.
class MonthStore {
 public:
  explicit MonthStore(const std::string& more_configuration = {}) : data(dir.path() / "data") {
    configure(more_configuration);
    std::string lines;
    const Period down{*parse_time("2024-10-10T00:00:00Z"), *parse_time("2024-10-11T00:00:00Z")};
    const Time end = *parse_time("2024-11-15T00:00:00Z");
    for (Time t = *parse_time("2024-09-01T00:00:00Z"); t < end; t += std::chrono::hours(1)) {
      lines += line(t, !down.contains(t));
    }
    import(lines);
  }

  void configure(const std::string& more, const std::string& objective = "target: '99%'") {
    config = dir.write("nines.yml", "region: eu\ndata_dir: " + data +
                                        "\nservices: [{name: web}]\n"
                                        "checks: [{name: gateway, service: web, target: http://127.0.0.1:1/, "
                                        "interval: 1h, timeout: 10s}]\n"
                                        "objectives: [{name: uptime, checks: [gateway], indicator: uptime, window: "
                                        "month, " +
                                        objective + "}]\n" + more);
  }

  static std::string line(Time start, bool success) {
    return fmt::format(R"({{"check":"gateway","region":"eu","time":"{}","success":{},"duration_ms":20}})",
                       format_time(start), success) +
           "\n";
  }
  void import(const std::string& lines) const {
    const auto imported = nines({"import", dir.write("results.jsonl", lines), "--data-dir", data});
    INFO(imported.err);
    REQUIRE(imported.exit == 0);
  }

  CliRun run(std::vector<std::string> words, const std::vector<std::string>& more = {}) const {
    words.insert(words.end(), {"-c", config});
    words.insert(words.end(), more.begin(), more.end());
    return nines(words);
  }
  // `report --format json` of 2024-10, whatever its verdict.
  CliRun report(const std::vector<std::string>& more = {}) const {
    return run({"report", "--month", "2024-10", "--format", "json"}, more);
  }
  Json figures(const std::vector<std::string>& more = {}) const {
    const CliRun made = report(more);
    INFO(made.err);
    REQUIRE(made.exit != 2);
    REQUIRE(made.exit != 4);
    return Json::parse(made.out);
  }

  harness::TempDir dir;
  std::string data;
  std::string config;
};

}  // namespace nines::agent::tests
