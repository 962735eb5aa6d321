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
      {"validate", "--modules"},
      {"convert"},
      {"convert", "one", "two"},
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
  for (const char* command : {"agent", "check", "validate", "convert", "report", "import", "export", "version"}) {
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

  const std::string rule =
      dir.write("rule.yml", "checks: [{name: a, target: x, http: {fail_if_body_json_matches_jq: [.a, '.b | (']}}]\n");
  const auto refused = nines({"validate", "-c", rule});
  CHECK(refused.exit == 2);
  CHECK_THAT(refused.err, Catch::StartsWith(rule + ":1:73: ") && Contains("expected one that compiles"));
}

TEST_CASE("validate --modules reads one of blackbox_exporter's files alone") {
  const harness::TempDir dir;
  const std::string good = dir.write(
      "good.yml", "modules: {a: {prober: http}, b: {prober: tcp, tcp: {query_response: [{send: '${1}'}]}}}\n");
  const auto passed = nines({"validate", "--modules", good});
  CHECK(passed.exit == 0);
  CHECK(passed.out == good + ": 2 modules\n");
  CHECK(passed.err.empty());

  struct Case {
    const char* text;
    const char* sentence;
  };
  const Case cases[] = {
      {"modules: {a: {prober: dns, dns: {query_name: x, query_type: X}}}", ":1:61: query type 'X' is not valid"},
      {"modules: {a: {prober: http, http: {fail_if_body_json_matches_cel: 'body.a'}}}", "has no CEL"},
      {"modules: {a: {prober: http, http: {fail_if_body_json_matches_jq: ['.a | (']}}}", "expected one that compiles"},
      {"checks: []", ":1:1: unknown key `checks`"},
  };
  for (const Case& one : cases) {
    const auto failed = nines({"validate", "--modules", dir.write("bad.yml", one.text)});
    CAPTURE(one.text, failed.err);
    CHECK(failed.exit == 2);
    CHECK(failed.out.empty());
    CHECK_THAT(failed.err, Contains(one.sentence));
  }
}

TEST_CASE("validate refuses modules that cannot be honoured, which the agent only tells to who asks for them") {
  const harness::TempDir dir;
  const std::string modules =
      dir.write("blackbox.yml", "modules: {a: {prober: http, http: {proxy_from_environment: true}}}\n");
  const std::string file =
      dir.write("nines.yml", "module_files: [blackbox.yml]\nchecks: [{name: a, target: 'http://127.0.0.1:1/'}]\n");
  const auto run = nines({"validate", "-c", file});
  CHECK(run.exit == 2);
  CHECK(run.out.empty());
  CHECK_THAT(run.err, Contains(modules + ":1:") && Contains("expected `proxy_url`"));
}

TEST_CASE("convert writes a configuration that validate passes, and tells what it leaves out") {
  const harness::TempDir dir;
  const std::string modules = dir.write("blackbox.yml", "modules: {http_2xx: {prober: http, timeout: 5s}}\n");
  const std::string scrape = dir.write("prometheus.yml", R"(
scrape_configs:
  - job_name: web
    metrics_path: /probe
    static_configs: [{targets: ['https://shop.example/', 'https://blog.example/'], labels: {team: a}}]
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
)");
  const std::string made = dir.path().string() + "/out.yml";
  const auto run = nines({"convert", modules, "--scrape", scrape, "-o", made});
  CHECK(run.exit == 0);
  CHECK(run.out.empty());
  CHECK_THAT(run.err, Contains("the label `team` of the job `web` is not carried over"));
  const auto valid = nines({"validate", "-c", made});
  CAPTURE(valid.err);
  CHECK(valid.exit == 0);
  CHECK(valid.out == made + ": 2 checks, 0 journeys, 0 objectives\n");

  const auto shown = nines({"convert", modules});
  CHECK(shown.exit == 0);
  CHECK_THAT(shown.out, Contains("module_files:") && !Contains("checks:"));
  CHECK(nines({"convert", "/nowhere"}).exit == 2);
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
