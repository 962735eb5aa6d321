// What a journey makes in its target is gone after a kill -9 and a restart, wherever in the journey the kill came.

#include <csignal>

#include <catch2/catch.hpp>

#include "tests/e2e/support.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;

namespace {

// The contract's example. CREATES stands where a step may say what it makes.
constexpr const char* kConfiguration = R"(
region: us-east-1
journeys:
  - name: create-task
    service: task-service
    base_url: ${TARGET}
    interval: INTERVAL
    timeout: 2s
    variables: {title: 'synthetic {{ uuid }}'}
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
        json: {title: '{{ title }}'}
        expect: {status: [200, 201], jq: ['.title == $title', '.id | length > 0']}
        capture: {task_id: {jq: .id}}
        CREATES
        measure: true
      - name: visible
        get: /api/v1/tasks/{{ task_id }}
        headers: {Authorization: 'Bearer {{ access }}'}
        until: {status: 200, jq: ['.title == $title']}
        every: 50ms
        within: 1500ms
        measure: true
    finally:
      - {name: delete, when: task_id, delete: '/api/v1/tasks/{{ task_id }}', headers: {Authorization: 'Bearer {{ access }}'}, expect: {status: [200, 204, 404]}}
)";
constexpr const char* kCreates =
    "creates: {kind: task, id: task_id, delete: '/api/v1/tasks/{{ task_id }}', "
    "headers: {Authorization: 'Bearer {{ access }}'}}";

std::string configuration(const std::string& creates, const std::string& interval) {
  std::string text = kConfiguration;
  for (const auto& [what, with] : {std::pair<std::string, std::string>{"CREATES", creates}, {"INTERVAL", interval}}) {
    text.replace(text.find(what), what.size(), with);
  }
  return text;
}

void kill_now(Agent& agent) {
  agent.process().signal(SIGKILL);
  REQUIRE(agent.process().wait() == 128 + SIGKILL);
}

double leftovers(const Agent& agent) {
  return agent.metric("nines_journey_leftovers", {R"(check="create-task")"}).value();
}

}  // namespace

TEST_CASE("kill -9 anywhere in a journey leaves nothing in the target once the agent has started again") {
  struct Case {
    const char* what;
    const char* faults;
    std::function<bool(const TaskApp&)> moment;
    bool left;  // something is there at the kill
  };
  const auto asked = [](const TaskApp& app, const std::string& method, const std::string& path) {
    for (const Json& entry : Json::parse(app.requests()).at("last")) {
      if (entry.at("method") == method && entry.at("path").get<std::string>().starts_with(path)) return true;
    }
    return false;
  };
  const Case cases[] = {
      {"while it logs in", R"({"path": "/api/v1/auth", "hang": true, "count": 1})",
       [](const TaskApp& app) { return get(app.url("/faults")).body.contains(R"("count":0)"); }, false},
      {"while it waits to see what it made", R"({"invisible": true})",
       [asked](const TaskApp& app) { return asked(app, "GET", "/api/v1/tasks/"); }, true},
      {"while its cleanup hangs", R"([{"method": "DELETE", "hang": true, "count": 1}])",
       [](const TaskApp& app) {
         return app.answered("GET", "/api/v1/tasks/{id}", 200) > 0 &&
                get(app.url("/faults")).body.contains(R"("count":0)");
       },
       true},
  };
  const std::string creates = GENERATE(as<std::string>(), kCreates, "");
  for (const Case& one : cases) {
    INFO(one.what << " " << creates);
    const TaskApp app({"--visible-after", "200"});
    app.faults(one.faults);
    // One run soon after the first start, and none for a while after the second.
    Agent agent(configuration(creates, "5s"), {{"TARGET", app.url()}, {"TASKS_PASSWORD", "correct horse"}});
    eventually([&] { return one.moment(app); }, one.what, std::chrono::seconds(30));
    kill_now(agent);
    CHECK((app.tasks() > 0) == one.left);
    app.clear_faults();
    agent.start();
    eventually([&] { return app.tasks() == 0; }, "nothing is left", std::chrono::seconds(30));
    eventually([&] { return leftovers(agent) == 0; }, "the ledger is empty", std::chrono::seconds(30));
    agent.process().signal(SIGTERM);
    CHECK(agent.process().wait() == 0);
    CHECK(app.tasks() == 0);
  }
}

TEST_CASE("a cleanup that fails is told, counted, no verdict, and made up for") {
  const TaskApp app({"--visible-after", "0"});
  app.faults(R"({"method": "DELETE", "status": 503})");
  Agent agent(configuration("", "4s"), {{"TARGET", app.url()}, {"TASKS_PASSWORD", "correct horse"}});
  const auto cleanup_failures = [&] {
    return agent.metric("nines_journey_cleanup_failures_total", {R"(check="create-task")"}).value();
  };
  eventually([&] { return cleanup_failures() >= 1 && leftovers(agent) >= 1; }, "the cleanup has failed",
             std::chrono::seconds(30));
  eventually([&] { return !agent.told("cleanup failed").empty(); }, "the log tells of it");
  CHECK(agent.told("cleanup failed").at(0).at("journey") == "create-task");
  app.clear_faults();
  eventually([&] { return leftovers(agent) == 0 && app.tasks() == 0; }, "a later run has removed it",
             std::chrono::seconds(30));
  agent.process().signal(SIGTERM);
  CHECK(agent.process().wait() == 0);
  for (const Json& line : agent.exported()) CHECK(line.at("success") == true);
  CHECK(app.tasks() == 0);
}

TEST_CASE("a journey's result survives a kill -9 in its cleanup") {
  const TaskApp app({"--visible-after", "0"});
  app.faults(R"({"method": "DELETE", "hang": true})");
  Agent agent(configuration("", "3s"), {{"TARGET", app.url()}, {"TASKS_PASSWORD", "correct horse"}});
  eventually([&] { return agent.metric("nines_store_writes_total", {R"(result="success")"}).value() >= 1; },
             "a result is stored", std::chrono::seconds(30));
  kill_now(agent);
  const auto lines = agent.exported("create-task");
  REQUIRE_FALSE(lines.empty());
  CHECK(lines.front().at("success") == true);
}

TEST_CASE("nines check deletes what its journeys made, though they say it by `creates` alone") {
  const TaskApp app({"--visible-after", "0"});
  std::string text = configuration(kCreates, "1m");
  text.erase(text.find("    finally:"));
  TempDir directory;
  const std::string config = directory.write("nines.yml", text).string();
  const Finished checked =
      run_nines({"check", "-c", config}, {.environment = {{"TARGET", app.url()}, {"TASKS_PASSWORD", "correct horse"}},
                                          .clean_environment = false,
                                          .directory = {}});
  INFO(checked.output << checked.errors);
  CHECK(checked.status == 0);
  CHECK(app.tasks() == 0);
}
