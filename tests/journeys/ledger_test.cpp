#include "journeys/ledger.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "journeys/run.hpp"
#include "probes/async/event.hpp"
#include "tests/harness/taskapp.hpp"
#include "tests/journeys/bench.hpp"

namespace nines::journeys {
namespace {

using harness::TaskApp;

constexpr const char* kPassword = "correct horse";

// FINALLY and CREATES are replaced by what a case is about.
constexpr const char* kJourney = R"(
journeys:
  - name: create-task
    service: task-service
    base_url: BASE
    interval: 1m
    timeout: 20s
    secrets: {password: {env: TASKS_PASSWORD}}
    steps:
      - name: login
        post: /api/v1/auth/login
        json: {email: probe@example.com, password: '{{ password }}'}
        capture: {access: {jq: .access_token}}
      - name: create
        post: /api/v1/tasks
        headers: {Authorization: 'Bearer {{ access }}'}
        json: {title: a task}
        capture: {task_id: {jq: .id}}
        CREATES
      - name: after
        get: /api/v1/tasks
        headers: {Authorization: 'Bearer {{ access }}'}
    FINALLY
)";
constexpr const char* kCreates =
    "creates: {kind: task, id: task_id, delete: '/api/v1/tasks/{{ task_id }}', "
    "headers: {Authorization: 'Bearer {{ access }}'}}";
constexpr const char* kCreatesAlone = "creates: {kind: task, id: task_id, delete: '/api/v1/tasks/{{ task_id }}'}";
constexpr const char* kFinally =
    "finally: [{name: delete, when: task_id, delete: '/api/v1/tasks/{{ task_id }}', "
    "headers: {Authorization: 'Bearer {{ access }}'}, expect: {status: [204, 404]}}]";

std::shared_ptr<const config::Journey> load(const std::string& creates, const std::string& finally,
                                            const TaskApp& app) {
  std::string yaml = "services: [{name: task-service}]" + std::string(kJourney);
  for (const auto& [what, with] :
       {std::pair<std::string, std::string>{"BASE", app.url()}, {"CREATES", creates}, {"FINALLY", finally}}) {
    const auto at = yaml.find(what);
    REQUIRE(at != std::string::npos);
    yaml.replace(at, what.size(), with);
  }
  return load_journey(yaml, {{"TASKS_PASSWORD", kPassword}});
}

// Notes what it is told, as a store would have it.
class NotedLedger final : public Ledger {
 public:
  using Ledger::restore;
  std::vector<Leftover> put;
  std::vector<std::int64_t> removed;
  std::function<void()> on_put;

 private:
  void write(const Leftover& entry, bool remove, std::function<void(bool)> written) override {
    if (remove) {
      removed.push_back(entry.id);
    } else {
      put.push_back(entry);
      if (on_put) on_put();
    }
    if (written) written(true);
  }
};

// Of a run that ended with something left, as a process that was killed leaves it.
std::vector<Leftover> left_behind(Bench& bench, const TaskApp& app, const std::string& creates) {
  NotedLedger ledger;
  app.faults(R"({"method": "DELETE", "status": 503})");
  bench.run(load(creates, creates.empty() ? kFinally : "", app), {}, {.ledger = &ledger});
  app.clear_faults();
  REQUIRE(ledger.of("create-task").size() == 1);
  REQUIRE(app.tasks() == 1);
  return ledger.of("create-task");
}

}  // namespace

TEST_CASE("what a step makes is written down before the next step, and struck out when it is deleted") {
  const auto [creates, finally, kind] = GENERATE(table<std::string, std::string, std::string>({
      {kCreates, "", "task"},
      {kCreates, kFinally, "task"},
      {kCreatesAlone, "", "task"},  // with the credentials of the step itself
      {"", kFinally, "task_id"},    // a cleanup that deletes what was captured says as much as `creates`
  }));
  const TaskApp app;
  Bench bench;
  NotedLedger ledger;
  long seen_after = -1;
  ledger.on_put = [&] { seen_after = app.answered("GET", "/api/v1/tasks", 200); };
  const Run run = bench.run(load(creates, finally, app), {}, {.ledger = &ledger});

  CHECK(run.result.row.success());
  CHECK(run.cleanup_failures.empty());
  REQUIRE(ledger.put.size() == 1);
  const Leftover& entry = ledger.put.front();
  CHECK(entry.step == "create");
  CHECK(entry.kind == kind);
  CHECK(entry.url == app.url("/api/v1/tasks/" + entry.name));
  CHECK(seen_after == 0);
  CHECK(ledger.removed == std::vector{entry.id});
  CHECK(ledger.of("create-task").empty());
  CHECK(app.tasks() == 0);
  // One deletion is enough: what `finally` deleted is not asked for again.
  CHECK(app.answered("DELETE", "/api/v1/tasks/{id}", 204) == 1);
  CHECK(app.answered("DELETE", "/api/v1/tasks/{id}", 404) == 0);
}

TEST_CASE("a deletion that fails is a cleanup failure, no verdict, and is made up for by the next run") {
  const TaskApp app;
  Bench bench;
  Ledger ledger;
  app.faults(R"({"method": "DELETE", "status": 503})");
  const auto journey = load(kCreates, "", app);
  const Run first = bench.run(journey, {}, {.ledger = &ledger});
  CHECK(first.result.row.success());
  REQUIRE(first.cleanup_failures.size() == 1);
  CHECK_THAT(first.cleanup_failures[0].message,
             Catch::Contains("step \"delete task\" (DELETE ") && Catch::Contains("226, 404 or 410, got 503"));
  REQUIRE(ledger.of("create-task").size() == 1);
  CHECK(ledger.of("create-task")[0].tries == 1);
  CHECK(ledger.counts() == std::map<std::string, std::size_t>{{"create-task", 1}});

  app.clear_faults();
  const Run second = bench.run(journey, {}, {.ledger = &ledger});
  CHECK(second.cleanup_failures.empty());
  CHECK(ledger.counts().empty());
  CHECK(app.tasks() == 0);
}

TEST_CASE("a deletion that is refused too often is given up") {
  const TaskApp app;
  Bench bench;
  Ledger ledger;
  app.faults(R"({"method": "DELETE", "status": 503})");
  const auto journey = load(kCreates, "", app);
  int given_up = 0;
  bench.run(journey, {}, {.ledger = &ledger});
  for (int i = 1; i < Ledger::kMaxTries; ++i) {
    CHECK(given_up == 0);
    const Run run = bench.recover(journey, ledger);
    given_up += run.given_up;
    if (i + 1 == Ledger::kMaxTries) {
      CHECK_THAT(run.cleanup_failures.back().message, Catch::Contains("given up after 10 tries: task \""));
    }
  }
  CHECK(given_up == 1);
  CHECK(ledger.counts().empty());
}

TEST_CASE("after a restart the steps that log in are run again, none that makes something, and what was left is gone") {
  const std::string creates = GENERATE(as<std::string>(), kCreates, "");
  const TaskApp app;
  Bench bench;
  NotedLedger ledger;
  ledger.restore(left_behind(bench, app, creates));
  const Run run = bench.recover(load(creates, creates.empty() ? kFinally : "", app), ledger);
  for (const Outcome& failure : run.cleanup_failures) UNSCOPED_INFO(failure.message);
  CHECK(run.cleanup_failures.empty());
  CHECK(app.tasks() == 0);
  CHECK(app.answered("POST", "/api/v1/tasks", 201) == 1);
  CHECK(ledger.counts().empty());
}

TEST_CASE("what cannot be reached is not refused: it stays in the ledger for the next start") {
  TaskApp app;
  Bench bench;
  NotedLedger ledger;
  ledger.restore(left_behind(bench, app, kCreates));
  const int tries = ledger.of("create-task")[0].tries;
  app.stop();
  const Run run = bench.recover(load(kCreates, "", app), ledger);
  CHECK(run.cleanup_failures.size() == 1);
  REQUIRE(ledger.of("create-task").size() == 1);
  CHECK(ledger.of("create-task")[0].tries == tries);
}

TEST_CASE("a URL with a journey's secret in it is written down by the secret's name, and deleted after a restart") {
  const TaskApp app;
  Bench bench;
  NotedLedger ledger;
  const std::string creates =
      "creates: {kind: task, id: task_id, delete: '/api/v1/tasks/{{ task_id }}?key={{ password | urlencode }}', "
      "headers: {Authorization: 'Bearer {{ access }}'}}";
  ledger.restore(left_behind(bench, app, creates));
  const Leftover entry = ledger.of("create-task")[0];
  CHECK(entry.url == app.url("/api/v1/tasks/" + entry.name + "?key={{ password | urlencode }}"));
  const Run run = bench.recover(load(creates, "", app), ledger);
  CHECK(run.cleanup_failures.empty());
  CHECK(app.tasks() == 0);
  CHECK(ledger.counts().empty());
}

TEST_CASE("a URL with a secret in it that only the run knows is never written down, and deleted all the same") {
  const TaskApp app;
  Bench bench;
  NotedLedger ledger;
  const char* creates =
      "creates: {kind: task, id: task_id, delete: '/api/v1/tasks/{{ task_id }}?key={{ access }}', "
      "headers: {Authorization: 'Bearer {{ access }}'}}";
  const Run run = bench.run(load(creates, "", app), {}, {.ledger = &ledger});
  CHECK(run.result.row.success());
  CHECK(ledger.put.empty());
  CHECK(ledger.counts().empty());
  CHECK(app.tasks() == 0);
  for (const StepResult& step : run.steps) CHECK_FALSE(step.requests.at(0).path.contains("correct"));
}

TEST_CASE("a journey's result is there before its cleanup") {
  const TaskApp app;
  Bench bench;
  std::optional<Run> judged;
  std::size_t tasks = 0;
  const Run run = bench.run(load("", kFinally, app), {}, {.judged = [&](const Run& now) {
                              judged = now;
                              tasks = app.tasks();
                            }});
  REQUIRE(judged.has_value());
  CHECK(tasks == 1);
  CHECK(judged->result.row == run.result.row);
  CHECK(judged->steps.size() == 3);
  CHECK(run.steps.size() == 4);
}

}  // namespace nines::journeys
