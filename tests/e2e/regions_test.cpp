// Reports over several regions: stores, and running agents that are asked.

#include <algorithm>
#include <csignal>
#include <optional>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

constexpr const char* kChecks = R"(
defaults: {interval: 1h, timeout: 10s}
checks:
  - {name: gateway, service: web, target: 'http://127.0.0.1:1/'}
  - {name: network, target: 'http://127.0.0.1:1/', uplink: true}
objectives:
  - {name: uptime, checks: [gateway], indicator: uptime, target: '99%', window: month}
  - {name: errors, checks: [gateway], indicator: error_rate, target: '< 1%', window: month}
)";

std::string configuration(const std::string& region, const std::string& more = {}) {
  return "region: " + region + "\n" + more + kChecks;
}

std::string hour(int month, int day, int hour) {
  return fmt::format("2024-{:02}-{:02}T{:02}:00:00Z", month, day, hour);
}

// Results of September to November 2024 as a region saw them; the gateway fails on October 10 from an hour on, until
// the next day, and the uplink on October 20 for ten hours, with the gateway.
std::string lines_of(const std::string& region, int down_from) {
  std::string lines;
  const int days[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 31, 10};
  for (int month = 9; month <= 11; ++month) {
    for (int day = 1; day <= days[month]; ++day) {
      for (int h = 0; h < 24; ++h) {
        const bool cut = month == 10 && day == 20 && h < 10;
        const bool down = month == 10 && day == 10 && h >= down_from;
        const auto line = [&](const char* check, bool success) {
          lines += fmt::format(
              R"({{"check":"{}","region":"{}","time":"{}","success":{},"duration_ms":20.125,"attempts":{}}})", check,
              region, hour(month, day, h), success, h % 5 == 0 ? 2 : 1);
          lines += '\n';
        };
        line("gateway", !cut && !down);
        line("network", !cut);
      }
    }
  }
  return lines;
}

// An agent over a store that was filled before it started.
struct Region {
  Region(const std::string& name, int down_from, const TempDir& dir) : data(dir.path() / name) {
    const Finished imported =
        run_nines({"import", dir.write(name + ".jsonl", lines_of(name, down_from)), "--data-dir", data});
    REQUIRE(imported.status == 0);
    agent.emplace(configuration(name, "data_dir: " + data + "\n"));
  }
  std::string data;
  std::optional<Agent> agent;
};

struct Three {
  TempDir dir;
  Region eu{"eu", 2, dir};
  Region us{"us", 5, dir};
  Region asia{"asia", 8, dir};

  Finished report(const std::vector<std::string>& sources, const std::string& more = {},
                  const std::vector<std::string>& options = {"--format", "json"}) const {
    std::vector<std::string> words{"report",    "-c",      dir.write("report.yml", configuration("here", more)),
                                   "--month",   "2024-10", "--as-of",
                                   "2024-11-09"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), sources.begin(), sources.end());
    return run_nines(words);
  }
};

Json objectives(const Finished& run) {
  INFO(run.errors);
  REQUIRE((run.status == 0 || run.status == 1 || run.status == 3));
  return Json::parse(run.output)["objectives"];
}

const std::string kRegions = "regions: [eu, us, asia]\n";

}  // namespace

TEST_CASE("asking running agents gives the same report as reading their stores") {
  const Three three;
  const std::vector<std::string> stores{"--data-dir",  three.eu.data, "--data-dir",
                                        three.us.data, "--data-dir",  three.asia.data};
  const std::vector<std::string> agents{"--agent", three.eu.agent->url(),  "--agent", three.us.agent->url() + "/",
                                        "--agent", three.asia.agent->url()};
  const std::vector<std::string> mixed{"--data-dir",          three.eu.data, "--agent",
                                       three.us.agent->url(), "--agent",     three.asia.agent->url()};
  for (const std::string& more : {std::string(), kRegions}) {
    const Json read = objectives(three.report(stores, more));
    // Of three regions two are down from five on.
    CHECK(read[0]["down_seconds"] == 19 * 3600.0);
    CHECK(objectives(three.report(agents, more)) == read);
    CHECK(objectives(three.report(mixed, more)) == read);
  }
}

TEST_CASE("a region whose agent is gone is named, and its time is unknown") {
  Three three;
  three.asia.agent->process().signal(SIGKILL);
  three.asia.agent->process().wait();
  const std::string gone = three.asia.agent->url();
  const std::vector<std::string> agents{"--agent", three.eu.agent->url(), "--agent", three.us.agent->url(), "--agent",
                                        gone};
  for (const std::string& more : {std::string(), kRegions}) {
    const Finished run = three.report(agents, more);
    CHECK_THAT(run.errors, Contains("warning: " + gone + " cannot be reached, so the time of its region is unknown"));
    const Json report = Json::parse(run.output);
    REQUIRE(report["unreachable"].size() == 1);
    CHECK(report["unreachable"][0]["agent"].get<std::string>() == gone);
    CHECK(report["unreachable"][0]["reachable"] == false);
    CHECK_THAT(report["unreachable"][0]["why"].get<std::string>(), Contains("gave no answer"));
    CHECK(report["regions"] == Json::array({"eu", "us"}));
    const Json& regions = report["objectives"][0]["regions"];
    REQUIRE(regions.size() == 3);
    double unknown = 0;
    for (const Json& region : regions) {
      if (region["coverage"] == 0.0) {
        ++unknown;
        CHECK(region["region"].get<std::string>() == (more.empty() ? gone : "asia"));
      }
    }
    CHECK(unknown == 1);
    // Summed over each region, a third of the time is not known.
    CHECK(report["objectives"][1]["coverage"].get<double>() < 0.67);
    CHECK(report["objectives"][1]["verdict"] == "inconclusive");
    CHECK_THAT(three.report(agents, more, {"--format", "md"}).output, Contains("could not be reached"));
  }

  const Finished frozen = run_nines({"report", "-c", three.dir.write("report.yml", configuration("here", kRegions)),
                                     "--month", "2024-10", "--freeze", "--data-dir", three.eu.data, "--agent", gone});
  CHECK(frozen.status == 4);
  CHECK_THAT(frozen.errors, Contains("gave no answer"));
}

TEST_CASE("what is no agent is told apart from one that cannot be reached") {
  const TaskApp app;
  const TempDir dir;
  const std::string config = dir.write("nines.yml", configuration("here"));
  const Finished other = run_nines({"report", "-c", config, "--month", "2024-10", "--agent", app.url()});
  CHECK(other.status == 3);
  CHECK_THAT(other.errors, Contains("answered 404 to /api/v1/history"));
  for (const char* url : {"127.0.0.1:9999", "ftp://127.0.0.1", "http://", "http://a/b", "http://u:p@a"}) {
    const Finished wrong = run_nines({"report", "-c", config, "--month", "2024-10", "--agent", url});
    CAPTURE(url, wrong.errors);
    CHECK(wrong.status == 2);
    CHECK_THAT(wrong.errors, Contains("is no agent: expected a URL"));
  }
}

TEST_CASE("an agent gives its results as JSON Lines, a page at a time, as they were imported") {
  const TempDir dir;
  const Region eu("eu", 2, dir);
  const auto ask = [&](const std::string& query) {
    return get(eu.agent->url("/api/v1/results?check=gateway&region=eu" + query));
  };
  const Reply page = ask("&from=2024-10-01T00:00:00Z&to=2024-11-01T00:00:00Z&limit=100");
  REQUIRE(page.status == 200);
  CHECK(page.headers.find("content-type")->second == "application/jsonl");
  CHECK(std::count(page.body.begin(), page.body.end(), '\n') == 100);
  const Finished exported =
      run_nines({"export", "--data-dir", eu.data, "--from", "2024-10-01T00:00:00Z", "--to", "2024-10-05T04:00:00Z"});
  CHECK_THAT(exported.output, Catch::StartsWith(page.body));
  CHECK(ask("&from=2030-01-01T00:00:00Z").body.empty());
  for (const char* wrong : {"&limit=0", "&limit=10001", "&from=soon", "&to=soon"}) {
    const Reply refused = ask(wrong);
    CHECK(refused.status == 400);
    CHECK(refused.headers.find("content-type")->second == "application/problem+json");
  }
  CHECK(get(eu.agent->url("/api/v1/results?check=gateway")).status == 400);
  CHECK(get(eu.agent->url("/api/v1/history/edges?check=gateway&region=eu")).status == 400);
}

TEST_CASE("a report of a running agent has the evidence that one of its store has") {
  const Agent agent(R"(
region: eu
data_dir: ${DATA}
checks:
  - {name: gateway, service: web, target: 'http://127.0.0.1:1/', interval: 200ms, timeout: 100ms}
objectives:
  - {name: uptime, checks: [gateway], indicator: uptime, target: '99%', window: month}
)");
  agent.await_state("gateway", "critical");
  const std::vector<std::string> words{"report", "-c", agent.config(), "--last", "1h", "--format", "json"};
  const auto evidence = [&](const std::string& option, const std::string& source) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {option, source});
    ProcessOptions options;
    options.environment["DATA"] = agent.data_dir();
    const Json report = objectives(run_nines(all, options));
    REQUIRE(report[0]["outages"].size() == 1);
    return report[0]["outages"][0]["evidence"];
  };
  const Json asked = evidence("--agent", agent.url());
  CHECK_THAT(asked["message"].get<std::string>(), Contains("connection refused"));
  CHECK(asked["trace_id"].get<std::string>().size() == 32);
  CHECK(asked == evidence("--data-dir", agent.data_dir()));
  CHECK(get(agent.url("/api/v1/history/evidence?check=gateway&region=eu&limit=101")).status == 400);
}
