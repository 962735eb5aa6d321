// `nines check`: verdicts, exit codes and the three formats.

#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

std::string configuration(const TaskApp& app) {
  return fmt::format(R"(
checks:
  - {{name: good, service: tasks, target: '{0}/health'}}
  - {{name: 'bad <&">', service: tasks, target: '{0}/health/db'}}
journeys:
  - name: journey
    service: tasks
    base_url: {0}
    steps:
      - {{name: login, post: /api/v1/auth/login, json: {{email: probe@example.com, password: correct horse}}}}
      - {{name: 'list <all>', get: /api/v1/tasks, expect: {{status: 200}}}}
    finally:
      - {{name: goodbye, get: /health}}
)",
                     app.url());
}

// Python's reader of XML, on what is written there.
Finished parse_xml(const TempDir& directory, const std::string& text) {
  const auto file = directory.write("junit.xml", text);
  return run({"python3", "-c",
              "import sys, xml.etree.ElementTree as e\n"
              "root = e.parse(sys.argv[1]).getroot()\n"
              "for case in root.iter('testcase'):\n"
              "  kind = ' '.join(child.tag + ' ' + child.get('type', '') for child in case) or 'passed'\n"
              "  print(case.get('classname'), '/', case.get('name'), ':', kind.strip())\n",
              file.string()});
}

}  // namespace

TEST_CASE("a URL is checked without any file: 0 when it answers well, 1 when not, 2 when it is none") {
  const TaskApp app;
  app.faults(R"({"path": "/health/db", "status": 503})");
  const TempDir nowhere;
  const ProcessOptions options{.environment = {}, .clean_environment = false, .directory = nowhere.path()};

  const Finished good = run_nines({"check", app.url("/health")}, options);
  CHECK(good.status == 0);
  CHECK_THAT(good.output, Contains(app.url("/health")) && Contains("200") && Contains("processing"));
  const Finished bad = run_nines({"check", app.url("/health/db")}, options);
  CHECK(bad.status == 1);
  CHECK_THAT(bad.output, Contains("503"));
  const Finished refused = run_nines({"check", "http://127.0.0.1:" + std::to_string(free_port()) + "/"}, options);
  CHECK(refused.status == 1);
  CHECK_THAT(refused.output, Contains("connection refused"));
  CHECK(run_nines({"check", "ftp://127.0.0.1/"}, options).status == 2);
  CHECK(run_nines({"check"}, options).status == 2);
  CHECK(std::filesystem::is_empty(nowhere.path()));
}

TEST_CASE("the named checks run once, in JSON with every figure, and nothing is stored") {
  const TaskApp app;
  app.faults(R"({"path": "/health/db", "status": 503})");
  const TempDir directory;
  const std::string file = directory.write("nines.yml", configuration(app)).string();
  const ProcessOptions options{.environment = {}, .clean_environment = false, .directory = directory.path()};

  const Finished one = run_nines({"check", "-c", file, "good", "--format", "json"}, options);
  CHECK(one.status == 0);
  eventually([&] { return app.answered("GET", "/health", 200) == 1; }, "the answer is in the journal");
  const Finished all = run_nines({"check", "-c", file, "--format", "json"}, options);
  INFO(all.output << all.errors);
  CHECK(all.status == 1);
  const Json results = Json::parse(all.output).at("results");
  REQUIRE(results.size() == 3);
  std::vector<std::string> verdicts;
  for (const Json& result : results) {
    verdicts.push_back(fmt::format("{} {} {} {}", result.at("check").get<std::string>(),
                                   result.at("success").get<bool>(), result.at("reason").get<std::string>(),
                                   result.at("status").get<int>()));
    double phases = 0;
    for (const auto& [phase, milliseconds] : result.at("phases_ms").items()) phases += milliseconds.get<double>();
    CHECK(phases <= result.at("duration_ms").get<double>() + 0.001);
    CHECK(result.at("message").get<std::string>().empty() == result.at("success").get<bool>());
  }
  CHECK(verdicts == std::vector<std::string>{"good true none 200", "bad <&\"> false http_status 503",
                                             "journey false http_status 401"});
  CHECK(results.at(2).at("failed_step") == "list <all>");
  CHECK(results.at(2).at("steps").size() == 3);
  eventually([&] { return app.answered("GET", "/api/v1/tasks", 401) == 1; }, "the answer is in the journal");

  const Finished unknown = run_nines({"check", "-c", file, "goood"}, options);
  CHECK(unknown.status == 2);
  CHECK_THAT(unknown.errors, Contains("did you mean \"good\"?"));
  CHECK_FALSE(std::filesystem::exists(directory.path() / "data"));
}

TEST_CASE("JUnit's format is XML, with a case for each check and each step but the cleanup") {
  const TaskApp app;
  app.faults(R"({"path": "/health/db", "status": 503})");
  const TempDir directory;
  const std::string file = directory.write("nines.yml", configuration(app)).string();
  const Finished checked = run_nines({"check", "-c", file, "--format", "junit"});
  CHECK(checked.status == 1);
  const Finished parsed = parse_xml(directory, checked.output);
  INFO(checked.output << parsed.output << parsed.errors);
  REQUIRE(parsed.status == 0);
  CHECK_THAT(parsed.output, Contains("good : passed\n") && Contains("bad <&\"> : failure http_status\n") &&
                                Contains("login : passed\n") && Contains("list <all> : failure ") &&
                                !Contains("goodbye"));
}

TEST_CASE("check -v shows each exchange as it was sent and came, without its secrets, in every format") {
  const TaskApp app;
  const TempDir directory;
  const auto file = directory.write("nines.yml", fmt::format(R"(
checks:
  - {{name: health, service: tasks, target: '{0}/health?token=t0ps3cret', http: {{headers: {{X-Api-Key: s3cr3t-k3y}}}}}}
journeys:
  - name: journey
    service: tasks
    base_url: {0}
    secrets: {{password: {{env: PASSWORD}}}}
    steps:
      - name: login
        post: /api/v1/auth/login
        json: {{email: probe@example.com, password: '{{{{ password }}}}'}}
        capture: {{access: {{jq: .access_token}}}}
      - {{name: wait, get: '/health?again={{{{ access }}}}', until: {{status: 503}}, every: 10ms, within: 50ms}}
)",
                                                             app.url()));
  const ProcessOptions options{.environment = {{"PASSWORD", "correct horse"}}, .directory = directory.path()};
  const Finished text = run_nines({"check", "-c", file.string(), "-v"}, options);
  CHECK(text.status == 1);
  CHECK_THAT(text.output,
             Contains("    > GET /health?token=<secret> HTTP/1.1\n") && Contains("    > X-Api-Key: <secret>\n") &&
                 Contains("    > traceparent: 00-") && Contains("    < HTTP/1.1 200\n") && Contains("    < {\"") &&
                 Contains("      > POST /api/v1/auth/login HTTP/1.1\n") && Contains("\"password\":\"<secret>\"") &&
                 Contains("      > GET /health?again=<secret> HTTP/1.1\n"));
  CHECK_THAT(text.output, !Contains("t0ps3cret") && !Contains("s3cr3t-k3y") && !Contains("correct horse") &&
                              !Contains("probe@example.com"));
  CHECK_THAT(run_nines({"check", "-c", file.string()}, options).output, !Contains("HTTP/1.1"));

  const Json document =
      Json::parse(run_nines({"check", "-c", file.string(), "-v", "--format", "json"}, options).output);
  const Json& check = document["results"][0]["exchanges"];
  REQUIRE(check.size() == 1);
  CHECK(check[0]["request"]["line"] == "GET /health?token=<secret> HTTP/1.1");
  CHECK(check[0]["response"]["status"] == 200);
  CHECK(check[0]["response"]["body_bytes"] == check[0]["response"]["body"].get<std::string>().size());
  const Json& steps = document["results"][1]["steps"];
  CHECK(steps[0]["exchanges"].size() == 1);
  CHECK(steps[1]["exchanges"].size() > 1);  // it polls
  CHECK(steps[1]["exchanges"][1]["request"]["url"] == app.url("/health?again=<secret>"));

  const std::string junit = run_nines({"check", "-c", file.string(), "-v", "--format", "junit"}, options).output;
  CHECK_THAT(junit, Contains("<system-out>&gt; GET /health?token=&lt;secret&gt; HTTP/1.1"));
  CHECK(parse_xml(directory, junit).status == 0);
}

TEST_CASE("check -v shows each attempt, and what was never sent") {
  const TaskApp app;
  app.faults(R"({"path": "/health/db", "status": 503})");
  const TempDir directory;
  const auto file = directory.write("nines.yml", fmt::format(R"(
checks:
  - {{name: again, service: tasks, target: '{0}/health/db', retries: {{attempts: 2, delay: 1ms}}}}
  - {{name: nobody, service: tasks, target: 'http://127.0.0.1:1/x'}}
)",
                                                             app.url()));
  const Finished text =
      run_nines({"check", "-c", file.string(), "-v"}, {.environment = {}, .directory = directory.path()});
  CHECK_THAT(text.output, Contains("    attempt 2\n    > GET /health/db HTTP/1.1\n") &&
                              Contains("    > GET http://127.0.0.1:1/x (not sent)\n    < no complete answer: "));
}
