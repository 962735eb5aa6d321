// A deployment's gate, run by the command itself: a baseline, then releases of every kind.

#include <algorithm>
#include <chrono>
#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/e2e/gate_support.hpp"
#include "tests/harness/tools.hpp"

using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

TEST_CASE("releases pass, or roll back for what is wrong with them") {
  const TaskApp app;
  const GateStore store(app);
  const Finished taken = gate({"baseline", "-c", store.config, "--deployment", "v2"});
  CAPTURE(taken.output, taken.errors);
  REQUIRE(taken.status == 0);
  CHECK_THAT(taken.output, Contains("baseline of v2: pass") && Contains("id: ") && !Contains("measured"));
  const auto verify = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"verify", "-c", store.config, "--deployment", "v2", "--every", "20ms"});
    return gate(std::move(arguments));
  };
  // However slow the machine is: a few results are enough.
  const auto judge = [&](const char* length) { return verify({"--for", length, "--min-samples", "5"}); };
  struct Release {
    const char* what;
    const char* faults;
    const char* length;
    int status;
    const char* reason;
  };
  const std::vector<Release> releases = {
      {"a good one", R"({"latency_ms": 140})", "6s", 0, "gate of v2: pass"},
      {"5 % errors", R"({"error_rate": 0.05})", "8s", 1, "have a status of 500 to 599"},
      {"twice as slow", R"({"latency_ms": 300})", "10s", 1, "p95 of ready is "},
      {"a slow tail only", R"([{"latency_ms": 700, "latency_rate": 0.1}, {"latency_ms": 140}])", "15s", 1,
       "p95 of ready is "},
      {"failing health", R"({"status": 503})", "1m", 1, "0 of 10 health checks of tasks succeeded"},
      {"a dead dependency", R"({"component": {"redis": false}})", "1m", 1,
       "dependencies that are not available: redis"},
  };
  for (const Release& release : releases) {
    CAPTURE(release.what);
    app.faults(release.faults);
    const Finished judged = judge(release.length);
    CAPTURE(judged.output, judged.errors);
    CHECK(judged.status == release.status);
    CHECK_THAT(judged.output, Contains(release.reason));
  }
  as_ever(app);

  {
    INFO("one that never goes live");
    const Finished judged = verify({"--expect-version", "2.0.0", "--wait", "500ms"});
    CAPTURE(judged.output, judged.errors);
    CHECK(judged.status == 1);
    CHECK_THAT(judged.output, Contains("not live: ready reports version 1.0.0 after 500ms, expected version 2.0.0"));
  }
  {
    INFO("one that is asked of nothing, and one that says its version once");
    const Finished unasked = verify({"--expect-version", "1.0.0", "--wait", "0s"});
    CHECK(unasked.status == 1);
    CHECK_THAT(unasked.output, Contains("not live: ready reports no version after 0s"));
    const Finished once = gate({"verify", "-c", store.config, "--deployment", "v2", "--every", "1h", "--expect-version",
                                "1.0.0", "--wait", "5s"});
    CAPTURE(once.output, once.errors);
    CHECK(once.status == 1);
    CHECK_THAT(once.output, Contains("reports version 1.0.0 after 5s, expected version 1.0.0 three times running"));
  }
  {
    INFO("one that goes live is judged from then on");
    app.faults(R"([{"path": "/health", "count": 2, "version": "1.0.0"}, {"version": "2.0.0"}])");
    const Finished judged = verify({"--expect-version", "2.0.0", "--wait", "30s", "--for", "1s", "--min-samples", "1"});
    CAPTURE(judged.output, judged.errors);
    CHECK(judged.status == 0);
  }
  {
    INFO("too few results are inconclusive: 11 at the most");
    const Finished judged = verify({"--for", "200ms"});
    CAPTURE(judged.output, judged.errors);
    CHECK(judged.status == 3);
    CHECK_THAT(judged.output, Contains("at least 20 are needed"));
  }
  {
    INFO("the gate's own results are of its origin, and its verdicts are kept");
    const Finished exported = run_nines({"export", "-c", store.config});
    const std::vector<Json> lines = json_lines(exported.output);
    const auto by_gate = std::ranges::count_if(lines, [](const Json& line) { return line.contains("origin"); });
    CHECK(std::ssize(lines) == by_gate + 120);
    CHECK(by_gate > 100);
    for (const Json& line : lines) CHECK(line.value("origin", "gate") == "gate");
    const Finished status = gate({"status", "-c", store.config, "v2", "--format", "json"});
    const Json last = Json::parse(status.output);
    CHECK(last.at("verdict") == "inconclusive");
    CHECK(last.at("phase") == "verify");
    CHECK(last.at("checks").at(0).at("name") == "ready");
    CHECK_THAT(gate({"status", "-c", store.config}).output,
               Contains("baseline") && Contains("pass") && Contains("rollback"));
  }
}

TEST_CASE("where the store has no results, a gate measures its baseline itself") {
  const TaskApp app;
  const TempDir directory;
  const std::string data = (directory.path() / "data").string();
  const std::string config = directory.write("nines.yml", gate_config(app, "data_dir: " + data + "\n")).string();
  const Finished taken = gate({"baseline", "-c", config, "--deployment", "v2", "--for", "2s", "--every", "20ms"});
  CHECK(taken.status == 0);
  CHECK_THAT(taken.output, Contains("measured for 2s by the gate itself"));
  app.faults(R"({"hang": true})");
  // Nothing answers within the check's time: what was under way at the end counts.
  const Finished judged = gate({"verify", "-c", config, "--deployment", "v2", "--for", "1s", "--every", "20ms"});
  CAPTURE(judged.output, judged.errors);
  CHECK(judged.status == 1);
  CHECK_THAT(judged.output, Contains("0 of 1 health checks of tasks succeeded"));
}

TEST_CASE("without a baseline, or without a store, a gate is inconclusive at once") {
  const TaskApp app;
  const TempDir directory;
  const std::string data = (directory.path() / "data").string();
  const std::string config = directory.write("nines.yml", gate_config(app, "data_dir: " + data + "\n")).string();
  const Finished no_store = gate({"verify", "-c", config, "--deployment", "v2"});
  CHECK(no_store.status == 3);
  CHECK_THAT(no_store.output, Contains("holds no store"));
  CHECK_FALSE(std::filesystem::exists(data));

  const Finished taken = gate({"baseline", "-c", config, "--deployment", "v1", "--for", "10ms"});
  CHECK(taken.status == 0);
  const Finished none = gate({"verify", "-c", config, "--deployment", "v2"});
  CHECK(none.status == 3);
  CHECK_THAT(none.output, Contains("there is no baseline of v2"));
}

TEST_CASE("a baseline that is older than a day counts as none") {
  const TaskApp app;
  const GateStore store(app);
  REQUIRE(gate({"baseline", "-c", store.config, "--deployment", "v2"}).status == 0);
  const auto verify = [&] {
    return gate(
        {"verify", "-c", store.config, "--deployment", "v2", "--for", "2s", "--every", "20ms", "--min-samples", "1"});
  };
  const auto age = [&](const char* minutes) {
    const Finished aged = run({"python3", "-c",
                               "import sqlite3, sys\n"
                               "book = sqlite3.connect(sys.argv[1] + '/nines.db', timeout=30)\n"
                               "past = int(sys.argv[2]) * 60000000\n"
                               "book.execute(\"UPDATE gate SET began = began - ?, ended = ended - ? \"\n"
                               "             \"WHERE phase = 'baseline'\", (past, past))\n"
                               "book.commit()\n",
                               store.data, minutes});
    INFO(aged.errors);
    REQUIRE(aged.status == 0);
  };
  age("1410");  // half an hour less than a day
  CHECK(verify().status == 0);
  age("31");
  const Finished judged = verify();
  CAPTURE(judged.output, judged.errors);
  CHECK(judged.status == 3);
  CHECK_THAT(judged.output, Contains("the baseline of v2 is older than a day"));
}

TEST_CASE("a gate runs journeys, by turns of their own") {
  const TaskApp app;
  const TempDir directory;
  const std::string data = (directory.path() / "data").string();
  const std::string config = directory
                                 .write("nines.yml", "data_dir: " + data + R"(
journeys:
  - name: create
    service: tasks
    base_url: )" + app.url() + R"(
    interval: 1m
    timeout: 10s
    steps:
      - name: login
        post: /api/v1/auth/login
        json: {email: probe@example.com, password: correct horse}
        expect: {status: 200}
        capture: {access: {jq: .access_token}}
      - name: create
        post: /api/v1/tasks
        headers: {Authorization: 'Bearer {{ access }}'}
        json: {title: gate}
        expect: {status: 201}
        capture: {task: {jq: .id}}
        measure: true
    finally:
      - name: delete
        when: task
        delete: '/api/v1/tasks/{{ task }}'
        headers: {Authorization: 'Bearer {{ access }}'}
        expect: {status: 204}
)")
                                 .string();
  app.faults(R"({"path": "/api/v1/tasks", "method": "POST", "latency_ms": 140})");
  const auto asked = [&](const char* phase, std::vector<std::string> more) {
    more.insert(more.begin(), {phase, "-c", config, "--deployment", "v2", "--format", "json"});
    return gate(std::move(more));
  };
  const Finished taken = asked("baseline", {"--for", "4s", "--journeys-every", "20ms"});
  CAPTURE(taken.output, taken.errors);
  REQUIRE(taken.status == 0);

  const Finished passed = asked("verify", {"--for", "4s", "--journeys-every", "20ms"});
  CAPTURE(passed.output, passed.errors);
  CHECK(passed.status == 0);
  const Json document = Json::parse(passed.output);
  const Json& journey = document.at("checks").at(0);
  CHECK(journey.at("journey") == true);
  CHECK(journey.at("baseline_samples") >= 5);
  CHECK(journey.at("samples") >= 5);
  // What is measured is the second step alone.
  CHECK(journey.at("p95_ms") >= 140);
  CHECK(app.tasks() == 0);

  // Every fifteen seconds, unless it is said otherwise: one run in one second.
  const Finished few = asked("verify", {"--for", "1s"});
  CHECK(few.status == 3);
  CHECK(Json::parse(few.output).at("checks").at(0).at("samples") == 1);
  CHECK_THAT(few.output, Contains("at least 5 are needed"));

  app.faults(R"({"path": "/api/v1/tasks", "method": "POST", "latency_ms": 400})");
  const Finished slow = asked("verify", {"--for", "8s", "--journeys-every", "20ms"});
  CAPTURE(slow.output, slow.errors);
  CHECK(slow.status == 1);
  CHECK_THAT(slow.output, Contains("p95 of create is "));
  app.faults(R"({"path": "/api/v1/tasks", "method": "POST", "status": 500})");
  const Finished broken = asked("verify", {"--for", "1m", "--journeys-every", "20ms"});
  CHECK(broken.status == 1);
  CHECK_THAT(broken.output, Contains("create failed, last: ") && Contains("500"));
  CHECK(app.tasks() == 0);
}

TEST_CASE("on a terminal a verification shows its table as it changes, in one place") {
  const TaskApp app;
  const GateStore store(app);
  REQUIRE(gate({"baseline", "-c", store.config, "--deployment", "v2"}).status == 0);
  const std::string command = nines_binary() + " gate verify -c " + store.config +
                              " --deployment v2 --for 4s --every 20ms --min-samples 5 2>&1 >" + store.data + "/verdict";
  const Finished shown = run({"script", "--quiet", "--return", "--command", command, "/dev/null"});
  CAPTURE(shown.output, shown.errors);
  CHECK(shown.status == 0);
  const auto times = [&](const std::string& text) {
    int count = 0;
    for (auto at = shown.output.find(text); at != std::string::npos; at = shown.output.find(text, at + 1)) ++count;
    return count;
  };
  // Each table but the first is drawn over the one before, and the last is wiped.
  const int tables = times("gate of v2: running");
  CHECK(tables >= 2);
  CHECK(times("A\x1b[J") == tables);
  CHECK_THAT(shown.output, Catch::EndsWith("A\x1b[J"));
  CHECK_THAT(read_file(store.data + "/verdict"), Contains("gate of v2: pass") && !Contains("\x1b"));
}

TEST_CASE("a baseline fails where a check fails, and none is kept") {
  const TaskApp app;
  const TempDir directory;
  const std::string data = (directory.path() / "data").string();
  const std::string config = directory.write("nines.yml", gate_config(app, "data_dir: " + data + "\n")).string();
  app.faults(R"({"status": 500})");
  const Finished taken = gate({"baseline", "-c", config, "--deployment", "v2"});
  CHECK(taken.status == 1);
  CHECK_THAT(taken.output, Contains("ready fails: ") && Contains("500"));
  app.clear_faults();
  const Finished none = gate({"verify", "-c", config, "--deployment", "v2"});
  CHECK(none.status == 3);
  CHECK_THAT(none.output, Contains("the baseline of v2 was not taken"));
}

TEST_CASE("what is asked for wrongly is exit 2 and one sentence") {
  const TaskApp app;
  const TempDir directory;
  const std::string config = directory.write("nines.yml", gate_config(app)).string();
  struct Wrong {
    std::vector<std::string> arguments;
    const char* told;
  };
  const std::vector<Wrong> cases = {
      {{"verify", "-c", config}, "--deployment is required"},
      {{"verify", "-c", config, "--deployment", "v", "--service", "shop"}, "there is no check of a service \"shop\""},
      {{"verify", "-c", config, "--deployment", "v", "--for", "soon"}, "expected a duration such as 6m"},
      {{"verify", "-c", config, "--deployment", "v", "--rollback-on", "luck"}, "expected critical or triggers"},
      {{"baseline", "-c", config, "--deployment", "v", "--same-hour", "2h"}, "expected days, such as 7d"},
      {{"compare", "/nonexistent/a", "/nonexistent/b"}, "cannot read /nonexistent/a"},
  };
  for (const Wrong& one : cases) {
    CAPTURE(one.told);
    const Finished finished = gate(one.arguments);
    CHECK(finished.status == 2);
    CHECK_THAT(finished.errors, Contains(one.told));
  }
}

TEST_CASE("two files of results are compared as a gate compares") {
  const TempDir directory;
  const auto lines = [](int count, double milliseconds, int failed) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text += R"({"check":"web","region":"r","time":"2026-10-01T00:)" + std::to_string(10 + i / 60) + ":" +
              (i % 60 < 10 ? "0" : "") + std::to_string(i % 60) + R"(Z","success":)" + (i < failed ? "false" : "true") +
              R"(,"duration_ms":)" + std::to_string(milliseconds + i * 0.01).substr(0, 6) + R"(,"status":)" +
              (i < failed ? "500" : "200") + "}\n";
    }
    return text;
  };
  const std::string before = directory.write("before.jsonl", lines(60, 100, 0)).string();
  const auto compared = [&](const std::string& after, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"compare", before, directory.write("after.jsonl", after).string()});
    return gate(std::move(more));
  };
  const Finished same = compared(lines(300, 100, 0), {"--format", "json"});
  CHECK(same.status == 0);
  const Json json = Json::parse(same.output);
  CHECK(json.at("verdict") == "pass");
  const Json& check = json.at("checks").at(0);
  CHECK(check.at("baseline_samples") == 60);
  CHECK(check.at("samples") == 300);
  CHECK(check.at("p95_baseline_ms") == 100.56);
  CHECK(check.at("p95_ms") == 102.84);
  CHECK(check.at("increase").get<double>() == Approx(0.02267).epsilon(0.001));
  CHECK(check.at("mann_whitney").at("exact") == false);
  CHECK(check.at("fisher").at("p_value") == 1);
  CHECK(check.at("shift_ms").get<double>() == Approx(1.2).margin(0.01));
  CHECK(check.at("shift_interval_ms").size() == 2);
  CHECK(json.at("services").at(0).at("error_ratio") == 0);

  CHECK(compared(lines(300, 200, 0)).status == 1);
  CHECK(compared(lines(300, 100, 15)).status == 1);
  CHECK(compared(lines(10, 100, 0)).status == 3);
  CHECK(compared(lines(300, 130, 0)).status == 0);
  CHECK(compared(lines(300, 130, 0), {"--strict"}).status == 1);
  CHECK_THAT(compared(lines(300, 200, 0), {"--format", "md"}).output, Contains("| web | 60 | 300 |"));
  CHECK_THAT(compared(lines(300, 200, 0), {"--format", "junit"}).output,
             Contains("<testcase classname=\"latency\" name=\"web\"><failure type=\"critical\""));
  CHECK(compared("{}\n").status == 2);
}
