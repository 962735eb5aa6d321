// What `nines generate` writes, in the programs that it is for.

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/alertmanager.hpp"
#include "tests/harness/prometheus.hpp"
#include "tests/harness/receiver.hpp"
#include "tests/harness/taskapp.hpp"
#include "tests/harness/tools.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;

namespace {

constexpr const char* kConfiguration = R"(
region: us-east-1
defaults: {interval: 400ms, timeout: 400ms}
metrics: {application_names: true}
services:
  - {name: api-gateway, priority: P1, runbook_url: "https://wiki.example/gateway"}
  - {name: tasks, priority: P3}
checks:
  - name: readiness
    service: api-gateway
    target: '${TARGET}/health/readiness'
    components: '.databases | map_values(.available)'
    version: .version
  - {name: liveness, service: api-gateway, target: '${TARGET}/health/liveness'}
journeys:
  - name: create-task
    service: tasks
    base_url: ${TARGET}
    interval: 3s
    timeout: 2s
    metric: task_creation_duration_seconds
    secrets: {password: {env: TASKS_PASSWORD}}
    steps:
      - name: login
        post: /api/v1/auth/login
        json: {email: probe@example.com, password: '{{ password }}'}
        expect: {status: 200}
        capture: {access: {jq: .access_token}}
      - name: create
        post: /api/v1/tasks
        headers: {Authorization: 'Bearer {{ access }}'}
        json: {title: 'synthetic {{ uuid }}'}
        expect: {status: 201}
        capture: {task_id: {jq: .id}}
        measure: true
    finally:
      - {name: delete, when: task_id, delete: '/api/v1/tasks/{{ task_id }}', headers: {Authorization: 'Bearer {{ access }}'}, expect: {status: [204, 404]}}
objectives:
  - {name: uptime, service: api-gateway, indicator: uptime, target: '99.9%', window: 1h}
  - {name: response, checks: [readiness], indicator: latency, target: '< 500ms', window: 1h, min_samples: 1}
)";

const ProcessOptions kPassword{.environment = {{"TASKS_PASSWORD", "correct horse"}}, .directory = {}};

std::string example() {
  return std::string(NINES_SOURCE_DIR) + "/deploy/nines.example.yml";
}
std::string odd() {
  return std::string(NINES_SOURCE_DIR) + "/tests/reports/generate/odd.yml";
}

void generate(const std::string& neighbour, const std::string& config, const std::filesystem::path& output) {
  const Finished finished = run_nines({"generate", neighbour, "-c", config, "-o", output.string()}, kPassword);
  INFO(finished.errors);
  REQUIRE(finished.status == 0);
}

void check_passes(std::vector<std::string> command, const std::filesystem::path& directory) {
  command.front() = tool(command.front());
  const Finished finished = run(command, {.environment = {}, .directory = directory}, std::chrono::minutes(2));
  INFO(finished.output << finished.errors);
  CHECK(finished.status == 0);
  CHECK(finished.output.find("FAILED") == std::string::npos);
  CHECK(finished.errors.find("FAILED") == std::string::npos);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

// Everything that a dashboard asks Prometheus for, with its variables as "All".
std::vector<std::string> queries_of(const Json& dashboard) {
  std::vector<std::string> found;
  for (const Json& panel : dashboard.at("panels")) {
    for (const Json& target : panel.at("targets")) found.push_back(target.at("expr"));
  }
  for (const Json& annotation : dashboard.at("annotations").at("list")) found.push_back(annotation.at("expr"));
  for (const Json& variable : dashboard.at("templating").at("list")) {
    if (variable.at("type") != "query") continue;
    const std::string query = variable.at("definition");  // label_values(METRIC, LABEL)
    const std::size_t open = query.find('(');
    const std::size_t comma = query.find(", ");
    found.push_back(fmt::format("count by ({}) ({})", query.substr(comma + 2, query.size() - comma - 3),
                                query.substr(open + 1, comma - open - 1)));
  }
  for (std::string& query : found) {
    for (const char* variable : {"$service", "$region", "$journey"}) query = replaced(query, variable, ".*");
  }
  return found;
}

bool gives_data(const Prometheus& prometheus, const std::string& query) {
  const Json result = Json::parse(prometheus.query_json(query)).at("data").at("result");
  return std::ranges::any_of(result, [](const Json& series) { return series.at("value").at(1) != "NaN"; });
}

Json alert(const std::string& priority, const std::string& severity, const std::string& check) {
  return {{"labels",
           {{"alertname", "NinesCheckFailing"},
            {"service", "of-" + priority + severity},
            {"check", check},
            {"region", "us-east-1"},
            {"priority", priority},
            {"severity", severity}}},
          {"annotations", {{"summary", check + " fails"}}}};
}

// The routes and inhibitions as they were generated; receivers that post to the local one; no waiting for more.
std::string with_local_receivers(std::string text, const Receiver& receiver) {
  text = text.substr(0, text.find("\nreceivers:")) + "\nreceivers:\n";
  for (const char* name : {"nines-p1", "nines-p2", "nines-p3", "nines-p4"}) {
    text += fmt::format("  - name: {0}\n    webhook_configs: [{{url: '{1}'}}]\n", name,
                        receiver.url(std::string("/") + name));
  }
  return std::regex_replace(text, std::regex("(group_wait|group_interval): [0-9a-z]+"), "$1: 200ms");
}

// Where an alert of the check was posted to while it fired; empty: nowhere yet.
std::set<std::string> paths_of(const Receiver& receiver, const std::string& check) {
  std::set<std::string> paths;
  for (const auto& post : receiver.posts()) {
    for (const Json& one : Json::parse(post.body).at("alerts")) {
      if (one.at("labels").value("check", "") == check) paths.insert(post.path);
    }
  }
  return paths;
}

}  // namespace

TEST_CASE("promtool accepts the rules that are generated, and the tests beside them pass") {
  for (const std::string& config : {example(), odd()}) {
    const TempDir directory;
    generate("prometheus-rules", config, directory.path());
    check_passes({"promtool", "check", "rules", "nines-rules.yml", "nines-baseline-rules.yml"}, directory.path());
    check_passes({"promtool", "test", "rules", "nines-rules-test.yml", "nines-baseline-rules-test.yml"},
                 directory.path());
  }
}

TEST_CASE("a rule that does something else fails the tests beside it") {
  const TempDir directory;
  generate("prometheus-rules", example(), directory.path());
  const std::string rules = read_file(directory.path() / "nines-rules.yml");
  const auto change = GENERATE(values<std::pair<std::string, std::string>>({
      {"state=\"critical\"}) == 1", "state=\"warning\"}) == 1"},
      {"> 14.4", "> 25"},
      {"and on (check, service, region) nines:check_blind:max", "and on (check) nines:check_regions_known:count > 9"},
      {"for: 5m", "for: 1h"},
  }));
  INFO(change.first);
  const std::string changed = replaced(rules, change.first, change.second);
  REQUIRE(changed != rules);
  directory.write("nines-rules.yml", changed);
  const Finished finished = run({tool("promtool"), "test", "rules", "nines-rules-test.yml"},
                                {.environment = {}, .directory = directory.path()}, std::chrono::minutes(2));
  CHECK(finished.status != 0);
  CHECK((finished.output + finished.errors).find("FAILED") != std::string::npos);
}

TEST_CASE("the Alertmanager configuration that is generated is right and routes by priority and severity") {
  struct Row {
    std::string priority, severity, receiver;
  };
  const std::vector<Row> rows{
      {"P1", "critical", "nines-p1"}, {"P2", "critical", "nines-p2"}, {"P3", "critical", "nines-p3"},
      {"P4", "critical", "nines-p4"}, {"P1", "warning", "nines-p2"},  {"P2", "warning", "nines-p3"},
      {"P3", "warning", "nines-p4"},  {"P4", "warning", "nines-p4"},  {"other", "critical", "nines-p3"}};
  for (const std::string& config : {example(), odd()}) {
    const TempDir directory;
    generate("alertmanager", config, directory.path() / "alertmanager.yml");
    check_passes({"amtool", "check-config", "alertmanager.yml"}, directory.path());
    for (const Row& row : rows) {
      INFO(row.priority << " " << row.severity);
      const Finished routed =
          run({tool("amtool"), "config", "routes", "test", "--config.file=alertmanager.yml", "priority=" + row.priority,
               "severity=" + row.severity, "--verify.receivers=" + row.receiver},
              {.environment = {{"HOME", directory.path().string()}}, .directory = directory.path()});
      INFO(routed.output << routed.errors);
      CHECK(routed.status == 0);
    }
  }
}

TEST_CASE("alerts reach the receivers of their priority, once, and none that something worse explains") {
  const TempDir directory;
  const std::string file = directory.path() / "alertmanager.yml";
  generate("alertmanager", odd(), file);
  const Receiver receiver;
  const Alertmanager alertmanager(with_local_receivers(read_file(file), receiver));
  const auto send = [&](const std::vector<Json>& alerts) {
    const Reply reply = post(alertmanager.url("/api/v2/alerts"), Json(alerts).dump());
    INFO(reply.body);
    REQUIRE(reply.status == 200);
  };

  send({alert("P1", "critical", "p1"), alert("P2", "critical", "p2"), alert("P3", "critical", "p3"),
        alert("P4", "critical", "p4"), alert("P1", "warning", "w1"), alert("P4", "warning", "w4")});
  for (const auto& [check, path] :
       {std::pair{"p1", "/nines-p1"}, std::pair{"p2", "/nines-p2"}, std::pair{"p3", "/nines-p3"},
        std::pair{"p4", "/nines-p4"}, std::pair{"w1", "/nines-p2"}, std::pair{"w4", "/nines-p4"}}) {
    eventually([&, name = check] { return !paths_of(receiver, name).empty(); }, std::string(check) + " is told");
    CHECK(paths_of(receiver, check) == std::set<std::string>{path});
  }

  // The warning of the same check; and checks that depend on one, or on one that depends on one.
  Json critical = alert("P4", "critical", "up.link");
  Json warning = alert("P4", "warning", "up.link");
  warning["labels"]["service"] = critical["labels"]["service"];
  send({critical});
  eventually([&] { return !paths_of(receiver, "up.link").empty(); }, "what others depend on is told");
  const std::string near = "check \"{{ one }}\" {2}";
  send({warning, alert("P1", "critical", near), alert("P1", "critical", "second: third")});
  const auto inhibited = [&](const std::string& check, const std::string& severity) {
    for (const Json& one : Json::parse(get(alertmanager.url("/api/v2/alerts")).body)) {
      if (one.at("labels").at("check") == check && one.at("labels").at("severity") == severity) {
        return one.at("status").at("inhibitedBy").size() == 1;
      }
    }
    return false;
  };
  eventually([&] { return inhibited("up.link", "warning"); }, "the warning is inhibited by the critical alert");
  eventually([&] { return inhibited(near, "critical"); }, "what depends on it is inhibited");
  eventually([&] { return inhibited("second: third", "critical"); }, "what depends on that is inhibited too");
  CHECK(paths_of(receiver, near).empty());
  CHECK(paths_of(receiver, "second: third").empty());
}

TEST_CASE("a check that fails is told by the generated rules through the generated Alertmanager configuration") {
  const TaskApp app;
  Agent agent(kConfiguration, {{"TARGET", app.url()}, {"TASKS_PASSWORD", "correct horse"}});
  const TempDir directory;
  const ProcessOptions environment{
      .environment = {{"TARGET", app.url()}, {"TASKS_PASSWORD", "correct horse"}, {"DATA", agent.data_dir()}},
      .directory = {}};
  for (const char* neighbour : {"prometheus-rules", "alertmanager"}) {
    REQUIRE(run_nines({"generate", neighbour, "-c", agent.config(), "-o", directory.path().string() + "/"}, environment)
                .status == 0);
  }
  const Receiver receiver;
  const Alertmanager alertmanager(with_local_receivers(read_file(directory.path() / "alertmanager.yml"), receiver));
  const Prometheus prometheus({{"nines", agent.address()}}, std::chrono::milliseconds(200),
                              {.rule_files = {(directory.path() / "nines-rules.yml").string()},
                               .alertmanager = alertmanager.url().substr(std::string("http://").size())});
  eventually([&] { return prometheus.query("count(nines:check_state:max)").value_or(0) > 0; }, "rules are evaluated");
  CHECK_FALSE(prometheus.query("count(ALERTS{alertname=\"NinesCheckFailing\"})"));

  app.faults(R"([{"path": "/health/liveness", "error_rate": 1}])");
  eventually([&] { return paths_of(receiver, "liveness").contains("/nines-p1"); },
             "the critical alert of a P1 service reaches P1's receiver", std::chrono::minutes(1));
  CHECK(paths_of(receiver, "readiness").empty());
  CHECK(prometheus.query("nines_check_consecutive_failures{check=\"liveness\"}").value_or(0) >= 5);

  app.clear_faults();
  eventually(
      [&] {
        return std::ranges::any_of(receiver.posts(), [](const Receiver::Post& one) {
          const Json body = Json::parse(one.body);
          return one.path == "/nines-p1" && body.at("status") == "resolved";
        });
      },
      "it is told that it is over", std::chrono::minutes(1));
}

TEST_CASE("every query of every dashboard gives data of a real agent") {
  const TaskApp app;
  app.faults(R"([{"path": "/health/liveness", "error_rate": 1}])");
  Agent agent(kConfiguration, {{"TARGET", app.url()}, {"TASKS_PASSWORD", "correct horse"}});
  const TempDir directory;
  REQUIRE(run_nines(
              {"generate", "grafana", "-c", agent.config(), "-o", directory.path().string()},
              {.environment = {{"TARGET", app.url()}, {"TASKS_PASSWORD", "correct horse"}, {"DATA", agent.data_dir()}},
               .directory = {}})
              .status == 0);
  const Prometheus prometheus({{"nines", agent.address()}});

  std::set<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    if (entry.path().extension() != ".json") continue;
    for (std::string& query : queries_of(Json::parse(read_file(entry.path())))) open.insert(std::move(query));
  }
  CHECK(open.size() >= 40);
  // Of the gate's marks and verdicts there are series only in an agent that has been asked for a gate.
  std::erase_if(open, [&](const std::string& query) {
    return (query.contains("nines_deployment_info") && !agent.metric("nines_deployment_info")) ||
           (query.contains("nines_gate_verdict") && !agent.metric("nines_gate_verdict"));
  });
  const std::size_t asked = open.size();
  std::string waited;
  try {
    eventually(
        [&] {
          std::erase_if(open, [&](const std::string& query) { return gives_data(prometheus, query); });
          return open.empty();
        },
        "every query gives data", std::chrono::minutes(2));
  } catch (const std::runtime_error& in_vain) {
    waited = in_vain.what();
  }
  INFO(waited << "; without data: " << fmt::format("{}", fmt::join(open, "\n\n")));
  CHECK(open.empty());
  CHECK(asked >= 40);
}

TEST_CASE("where files go is said by -o, and refused where it cannot be") {
  const TempDir directory;
  const std::string file = directory.write("there", "as it was");
  const auto nines = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "generate");
    arguments.insert(arguments.end(), {"-c", example()});
    return run_nines(arguments, kPassword);
  };
  const Finished on_file = nines({"prometheus-rules", "-o", file});
  CHECK(on_file.status == 2);
  CHECK(on_file.errors == fmt::format("nines: {} is a file, and these are 4: expected a folder in -o\n", file));
  CHECK(read_file(file) == "as it was");

  const Finished printed = nines({"grafana"});
  CHECK(printed.status == 2);
  CHECK(printed.errors == "nines: these are 6 files: expected a folder in -o\n");

  const Finished stream = nines({"prometheus-rules"});
  CHECK(stream.status == 0);
  CHECK(stream.output.starts_with("# file: nines-rules.yml\n"));
  CHECK(stream.output.contains("\n---\n# file: nines-rules-test.yml\n"));

  CHECK(nines({"alertmanager", "-o", file}).status == 0);
  CHECK(read_file(file) == nines({"alertmanager"}).output);

  const Finished hooked = nines({"grafana", "--webhook", "http://127.0.0.1/"});
  CHECK(hooked.status == 2);
  CHECK(hooked.errors == "nines: --webhook is of alertmanager alone\n");
  const Finished nowhere = nines({"alertmanager", "--webhook", "pager"});
  CHECK(nowhere.status == 2);
  CHECK(nowhere.errors == "nines: --webhook: it is no URL: expected one such as http://127.0.0.1:9093\n");

  const Finished unknown = nines({"nagios"});
  CHECK(unknown.status == 2);
  CHECK(unknown.errors.contains("\"nagios\" is not one of them"));
}

TEST_CASE("deployments are files that their programs read") {
  for (const std::string& config : {example(), odd()}) {
    const TempDir directory;
    for (const char* kind : {"kubernetes", "compose", "systemd"}) generate(kind, config, directory.path() / kind);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path())) {
      const std::string extension = entry.path().extension();
      if (extension != ".yaml" && extension != ".yml") continue;
      INFO(entry.path());
      for (const YAML::Node& document : YAML::LoadAllFromFile(entry.path())) CHECK(document.IsMap());
    }
    // What an agent is given is a configuration; its relative files would have to be mounted.
    for (const char* name : {"nines-us-east-1.yml"}) {
      const Finished valid = run_nines({"validate", "-c", (directory.path() / "compose" / name).string()}, kPassword);
      INFO(valid.output << valid.errors);
      CHECK(valid.status == 0);
    }
    if (std::filesystem::exists("/usr/bin/kubectl")) {
      const Finished built = run({"/usr/bin/kubectl", "kustomize", (directory.path() / "kubernetes").string()});
      INFO(built.errors);
      CHECK(built.status == 0);
      CHECK(built.output.contains("kind: StatefulSet"));
    }
    if (std::filesystem::exists("/usr/bin/systemd-analyze")) {
      for (const char* unit : {"nines.service", "nines-report.service", "nines-report.timer"}) {
        const Finished verified =
            run({"/usr/bin/systemd-analyze", "verify", "--man=no", (directory.path() / "systemd" / unit).string()});
        // That the program is not installed on this machine is no fault of the unit.
        const std::string errors =
            std::regex_replace(verified.errors, std::regex("[^\n]*(not executable|does not exist)[^\n]*\n"), "");
        CHECK(errors.find(unit) == std::string::npos);
      }
    }
  }
}
