// SIGTERM and SIGINT while runs are under way: exit 0 within 10 s (the agent ends itself with 4 after that), and
// nothing left behind in the service.

#include <csignal>

#include <catch2/catch.hpp>

#include "tests/e2e/socket.hpp"
#include "tests/e2e/support.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;

namespace {

constexpr const char* kConfiguration = R"(
region: us-east-1
defaults: {interval: 4s, timeout: 4s}
checks:
  - {name: answers, service: tasks, target: '${TARGET}/health', interval: 200ms, timeout: 200ms}
  - {name: hangs, service: tasks, target: '${TARGET}/health/db'}
journeys:
  - name: create-task
    service: tasks
    base_url: ${TARGET}
    interval: 6s
    timeout: 4s
    secrets: {password: {env: TASKS_PASSWORD}}
    steps:
      - name: login
        post: /api/v1/auth/login
        json: {email: probe@example.com, password: '{{ password }}'}
        capture: {access: {jq: .access_token}}
      - name: create
        post: /api/v1/tasks
        headers: {Authorization: 'Bearer {{ access }}'}
        json: {title: 'synthetic {{ uuid }}'}
        capture: {task_id: {jq: .id}}
      - name: visible
        get: /api/v1/tasks/{{ task_id }}
        headers: {Authorization: 'Bearer {{ access }}'}
        until: {status: 200}
        every: 100ms
        within: 3s
    finally:
      - {name: delete, when: task_id, delete: '/api/v1/tasks/{{ task_id }}', headers: {Authorization: 'Bearer {{ access }}'}}
)";

struct Scene {
  TaskApp app{{"--visible-after", "600000"}};
  Agent agent{kConfiguration, {{"TARGET", app.url()}, {"TASKS_PASSWORD", "correct horse"}}};

  // Until a check hangs, and a journey has created a task that it waits to see.
  void await_middle() {
    eventually([&] { return get(app.url("/faults")).body.contains(R"("count":999)"); }, "a check hangs");
    const std::string token = app.token();
    const auto tasks = [&] { return get(app.url("/api/v1/tasks?all=true"), {{"Authorization", "Bearer " + token}}); };
    eventually([&] { return tasks().body.contains("synthetic"); }, "a journey has created a task");
  }
};

}  // namespace

TEST_CASE("SIGTERM and SIGINT end the agent in order: hung connections are given up, journeys clean up") {
  const auto [number, name] = GENERATE(table<int, std::string>({{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}}));
  Scene scene;
  scene.app.faults(R"({"path": "/health/db", "hang": true, "count": 1000})");
  const Socket idle(scene.agent.address());
  const Socket slow(scene.agent.address());
  slow.send("G");
  scene.await_middle();
  scene.agent.process().signal(number);
  INFO(scene.agent.process().errors());
  CHECK(scene.agent.process().wait() == 0);
  CHECK(scene.agent.told("agent stopping").at(0).at("signal") == name);
  CHECK(scene.agent.told("agent stopped").at(0).at("results_stored") == scene.agent.exported().size());
  CHECK(scene.app.tasks() == 0);
  // What was cut off says nothing about the service: no failure is stored.
  for (const Json& line : scene.agent.exported("answers")) CHECK(line.at("success") == true);
}

TEST_CASE("a cleanup that hangs does not keep the agent") {
  Scene scene;
  scene.app.faults(R"([{"path": "/health/db", "hang": true, "count": 1000},
                       {"method": "DELETE", "hang": true}])");
  scene.await_middle();
  scene.agent.process().signal(SIGTERM);
  CHECK(scene.agent.process().wait() == 0);
  CHECK(scene.agent.told("cleanup failed").size() >= 1);
}
