#include "agent/cli.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/version.hpp"
#include "tests/agent/captured_cli.hpp"
#include "tests/harness/scratch.hpp"

namespace nines::agent {

using Catch::Contains;
using tests::nines;

namespace {

constexpr const char* kGood = R"(
checks: [{name: gateway, target: http://127.0.0.1:1/, interval: 10s}]
objectives: [{name: up, checks: [gateway], indicator: uptime, target: '99%'}]
)";

}  // namespace

TEST_CASE("usage errors are exit 2, told on stderr, with nothing on stdout") {
  const std::vector<std::vector<std::string>> lines = {
      {},
      {"frobnicate"},
      {"--frobnicate"},
      {"agent", "--threads", "0"},
      {"agent", "--threads", "many"},
      {"agent", "--log-level", "loud"},
      {"agent", "surplus"},
      {"check", "--format", "yaml"},
      {"check", "-c"},
      {"validate", "surplus"},
      {"report", "--format", "docx"},
      {"report", "--month"},
      {"import"},
      {"import", "one", "two"},
      {"export", "--from"},
      {"version", "surplus"},
  };
  for (const auto& line : lines) {
    const auto run = nines(line);
    CAPTURE(line, run.out);
    CHECK(run.exit == 2);
    CHECK(run.out.empty());
    CHECK_FALSE(run.err.empty());
  }
}

TEST_CASE("report refuses periods that exclude each other or are none, before it reads anything") {
  struct Case {
    std::vector<std::string> options;
    const char* sentence;
  };
  const Case cases[] = {
      {{"--month", "2026-10", "--year", "2026"}, "give one of --month, --quarter, --year, --last and --from with --to"},
      {{"--last", "30d", "--quarter", "2026-Q4"}, "give one of --month"},
      {{"--month", "2026-10", "--from", "2026-10-01"}, "give one of --month"},
      {{"--from", "2026-10-01"}, "--from and --to belong together"},
      {{"--to", "2026-10-01"}, "--from and --to belong together"},
  };
  for (const Case& one : cases) {
    std::vector<std::string> line{"report", "-c", "/nowhere/nines.yml"};
    line.insert(line.end(), one.options.begin(), one.options.end());
    const auto run = nines(line);
    CAPTURE(line);
    CHECK(run.exit == 2);
    CHECK(run.out.empty());
    CHECK_THAT(run.err, Contains(one.sentence) && !Contains("/nowhere"));
  }
}

TEST_CASE("help and the version are on stdout, exit 0, on every level") {
  for (const char* command : {"agent", "check", "validate", "report", "import", "export", "version"}) {
    const auto run = nines({command, "--help"});
    CAPTURE(command);
    CHECK(run.exit == 0);
    CHECK_FALSE(run.out.empty());
    CHECK(run.err.empty());
  }
  const auto help = nines({"--help"});
  CHECK(help.exit == 0);
  CHECK_THAT(help.out, Contains("validate") && Contains("3 inconclusive"));
  for (const char* word : {"version", "--version"}) {
    const auto run = nines({word});
    CHECK(run.exit == 0);
    CHECK(run.out == fmt::format("nines {}\n", kVersion));
    CHECK(run.err.empty());
  }
}

TEST_CASE("a configuration with faults is exit 2 for every command, each fault on stderr with its place") {
  const harness::TempDir dir;
  const std::string file = dir.write("nines.yml", "checkz: []\nchecks: [{name: a, target: http://x/, interval: 5}]\n");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"validate"}, {"check"}, {"report"}, {"export"}, {"import", "-"}, {"agent"}}) {
    std::vector<std::string> line = command;
    line.insert(line.end(), {"-c", file});
    const auto run = nines(line);
    CAPTURE(line);
    CHECK(run.exit == 2);
    CHECK(run.out.empty());
    CHECK_THAT(run.err, Contains(file + ":1:1: ") && Contains(file + ":2:"));
  }
}

TEST_CASE("validate says what a good configuration holds, and finds jq programs that do not compile") {
  const harness::TempDir dir;
  const std::string good = dir.write("good.yml", kGood);
  const auto passed = nines({"validate", "-c", good});
  CHECK(passed.exit == 0);
  CHECK(passed.out == good + ": 1 check, 0 journeys, 1 objective\n");
  CHECK(passed.err.empty());

  const std::string bad = dir.write("bad.yml", "checks: [{name: a, target: 'http://x/', version: '.a | ('}]\n");
  const auto failed = nines({"validate", "-c", bad});
  CHECK(failed.exit == 2);
  CHECK(failed.out.empty());
  CHECK_THAT(failed.err, Catch::StartsWith(bad + ":1:"));
}

TEST_CASE("check runs a URL or names of the configuration; a refused connection is exit 1 with its verdict on stdout") {
  const harness::TempDir dir;
  const std::string url = fmt::format("http://127.0.0.1:{}/", harness::free_port());
  const auto refused = nines({"check", url});
  CHECK(refused.exit == 1);
  CHECK_THAT(refused.out, Contains("failed") && Contains("refused"));
  CHECK(refused.err.empty());

  const std::string file = dir.write("nines.yml", fmt::format("checks: [{{name: gateway, target: '{}'}}]\n", url));
  const auto named = nines({"check", "-c", file, "--format", "json", "gateway"});
  CHECK(named.exit == 1);
  CHECK(Json::parse(named.out)["results"][0]["reason"] == "connect_refused");

  const auto unknown = nines({"check", "-c", file, "gatewai"});
  CHECK(unknown.exit == 2);
  CHECK(unknown.out.empty());
  CHECK(unknown.err == "nines: there is no check or journey named \"gatewai\": did you mean \"gateway\"?\n");
  CHECK(nines({"check", "gopher://example.com/"}).exit == 2);
}

TEST_CASE("import takes a file or nothing; export gives it back; a store that is not there is exit 4") {
  const harness::TempDir dir;
  const std::string data = dir.path() / "data";
  const std::string lines =
      R"({"check":"gateway","region":"eu","time":"2026-10-01T00:00:00.000000Z","success":true,"duration_ms":1.5})"
      "\n"
      R"({"check":"gateway","region":"eu","time":"2026-10-01T00:00:30.000000Z","success":false,"duration_ms":2})"
      "\n";
  const std::string file = dir.write("results.jsonl", lines);
  CHECK(nines({"export", "--data-dir", data}).exit == 4);

  const auto first = nines({"import", file, "--data-dir", data});
  CHECK(first.exit == 0);
  CHECK(first.out == file + ": 2 results imported, 0 were there already\n");
  CHECK(nines({"import", file, "--data-dir", data}).out == file + ": 0 results imported, 2 were there already\n");

  const std::string bad = dir.write("bad.jsonl", "{\"check\":\"new\"}\n");
  const auto refused = nines({"import", bad, "--data-dir", data});
  CHECK(refused.exit == 2);
  CHECK(refused.out.empty());
  CHECK_THAT(refused.err, Contains(bad + ":1"));
  CHECK(nines({"import", dir.path() / "absent.jsonl", "--data-dir", data}).exit == 2);

  const auto out = nines({"export", "--data-dir", data});
  CHECK(out.exit == 0);
  CHECK(std::ranges::count(out.out, '\n') == 2);
  const auto part = nines({"export", "--data-dir", data, "--from", "2026-10-01T00:00:10Z", "--to", "2026-10-02"});
  CHECK(std::ranges::count(part.out, '\n') == 1);
  CHECK(nines({"export", "--data-dir", data, "--from", "yesterday"}).exit == 2);
  const std::string copy = dir.path() / "copy.jsonl";
  CHECK(nines({"export", "--data-dir", data, "-o", copy}).exit == 0);
  CHECK(harness::read_file(copy) == out.out);
  CHECK(nines({"export", "--data-dir", data, "-o", dir.path() / "no" / "such"}).exit == 4);
}

}  // namespace nines::agent
