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
