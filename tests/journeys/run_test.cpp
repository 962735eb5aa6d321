#include "journeys/run.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "journeys/step.hpp"
#include "probes/async/event.hpp"
#include "probes/async/scope.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/harness/taskapp.hpp"
#include "tests/journeys/bench.hpp"

namespace nines::journeys {
namespace {

using harness::TaskApp;

constexpr const char* kPassword = "correct horse";

// The contract's example with times for a test; each marker line can be replaced.
constexpr const char* kCreateTask = R"(
journeys:
  - name: create-task
    service: task-service
    base_url: BASE
    interval: 1m
    timeout: 20s
    metric: task_creation_duration_seconds
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
        timeout: 3s
        expect: {status: [200, 201], jq: ['.title == $title', '.id | length > 0'], duration: '< 1500ms'}
        capture: {task_id: {jq: .id}}
        measure: true
      - name: visible
        get: /api/v1/tasks/{{ task_id }}
        headers: {Authorization: 'Bearer {{ access }}'}
        until: {status: 200, jq: ['.title == $title']}
        every: 50ms
        within: 5s
        measure: true
    finally:
      - {name: delete, when: task_id, delete: '/api/v1/tasks/{{ task_id }}', headers: {Authorization: 'Bearer {{ access }}'}, expect: {status: [200, 204, 404]}}
)";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

// The journey of a configuration whose BASE is the service.
std::shared_ptr<const config::Journey> load(const std::string& yaml, const TaskApp& app) {
  return load_journey("services: [{name: task-service}]" + replaced(yaml, "BASE", app.url()),
                      {{"TASKS_PASSWORD", kPassword}});
}

}  // namespace

TEST_CASE("create-task passes, is measured and leaves nothing behind") {
  const TaskApp app({"--visible-after", "120"});
  Bench bench;
  const auto journey = load(kCreateTask, app);
  CHECK(bench.compile(journey).empty());

  const Run run = bench.run(journey);
  INFO(everything(run));
  CHECK(run.result.row.success());
  CHECK(run.result.evidence.empty());
  CHECK(run.result.key.check == "create-task");
  CHECK(run.result.row.status == 200);
  CHECK(run.result.row.attempts == 1);
  CHECK(run.result.row.interval == std::chrono::minutes(1));
  REQUIRE(run.steps.size() == 4);
  CHECK(run.result.row.measured == step(run, "create").duration + step(run, "visible").duration);
  CHECK(step(run, "visible").duration > std::chrono::milliseconds(50));
  CHECK(step(run, "visible").requests.size() >= 2);
  CHECK(step(run, "visible").requests[0].path == "/api/v1/tasks/{{ task_id }}");
  CHECK(step(run, "visible").requests[0].status == 404);
  CHECK_FALSE(step(run, "login").measured);
  CHECK(step(run, "create").measured);
  CHECK(step(run, "delete").finally);
  CHECK(step(run, "delete").status == 204);
  CHECK(run.cleanup_failures.empty());
  Micros steps{0};
  for (const StepResult& result : run.steps) steps += result.finally ? Micros{0} : result.duration;
  CHECK(run.result.row.duration >= steps);
  CHECK(run.result.row.phases.processing > Micros{0});
  CHECK(app.tasks() == 0);
}

TEST_CASE("each fault of the service has its reason and its step, and leaves nothing behind") {
  const TaskApp app({"--visible-after", "60"});
  Bench bench;
  const std::string quick = replaced(kCreateTask, "within: 5s", "within: 1500ms");
  const auto journey = load(quick, app);
  struct Row {
    const char* fault;
    Reason reason;
    const char* step;
    int status;
    bool measured;
    const char* message;  // its beginning
  };
  const Row row = GENERATE(values<Row>({
      {R"({"path":"/api/v1/auth","status":503})", Reason::http_status, "login", 503, false,
       "step \"login\" (POST /api/v1/auth/login): expected status 200, got 503"},
      {R"({"path":"/api/v1/auth","wrong_body":true})", Reason::capture, "login", 200, false,
       "step \"login\" (POST /api/v1/auth/login): expected jq `.access_token` to capture `access`, got nothing"},
      {R"({"path":"/api/v1/tasks","method":"POST","status":500})", Reason::http_status, "create", 500, false,
       "step \"create\" (POST /api/v1/tasks): expected status 200 or 201, got 500; expected jq `.title == $title`, got "
       "false (.title is null); expected jq `.id | length > 0`, got false"},
      {R"({"path":"/api/v1/tasks","method":"POST","latency_ms":1600})", Reason::too_slow, "create", 201, false,
       "step \"create\" (POST /api/v1/tasks): expected a duration < 1500ms, got "},
      {R"({"path":"/api/v1/tasks","method":"POST","wrong_body":"{\"title\":\"other\",\"id\":\"x\"}"})",
       Reason::assertion, "create", 200, false,
       "step \"create\" (POST /api/v1/tasks): expected jq `.title == $title`, got false (.title is \"other\")"},
      {R"({"path":"/api/v1/tasks","method":"POST","wrong_body":"<html>"})", Reason::assertion, "create", 200, false,
       "step \"create\" (POST /api/v1/tasks): expected jq `.title == $title`, got an error: the body is not JSON: "},
      {R"({"path":"/api/v1/tasks","method":"POST","cut":true})", Reason::http_empty, "create", 0, false,
       "step \"create\" (POST /api/v1/tasks): "},
      {R"({"path":"/api/v1/tasks","method":"POST","hang":true})", Reason::http_timeout, "create", 0, false,
       "step \"create\" (POST /api/v1/tasks): "},
      {R"({"invisible":true})", Reason::poll_timeout, "visible", 404, false,
       "step \"visible\" (GET /api/v1/tasks/{{ task_id }}): not as awaited within 1.5s; the last of "},
      {R"({"path":"/api/v1/tasks/","method":"GET","hang":true})", Reason::http_timeout, "visible", 0, false,
       "step \"visible\" (GET /api/v1/tasks/{{ task_id }}): not as awaited within 1.5s; the last of 1 request: "},
  }));
  CAPTURE(row.fault);
  app.faults(row.fault);
  const Run run = bench.run(journey);
  INFO(everything(run));
  CHECK(reason_name(run.result.row.reason) == reason_name(row.reason));
  CHECK(run.result.row.first_reason == run.result.row.reason);
  CHECK(run.result.row.status == row.status);
  CHECK((run.result.row.measured != ResultRow::kNone) == row.measured);
  CHECK(run.result.evidence.failed_step == row.step);
  CHECK_THAT(run.result.evidence.message, Catch::StartsWith(row.message));
  CHECK(run.result.evidence.message == step(run, row.step).outcome.message);
  CHECK_FALSE(run.result.evidence.correlation_id.empty());
  CHECK(run.steps.back().finally);
  CHECK(run.cleanup_failures.empty());
  // The service finishes a request that it was slow to answer after its client has gone.
  app.clear_faults();
  harness::eventually([&] { return app.tasks() == 0; }, "no task is left");
}

TEST_CASE("a service that is not there refuses every step") {
  TaskApp app;
  const auto journey = load(kCreateTask, app);
  app.stop();
  Bench bench;
  const Run run = bench.run(journey);
  CHECK(run.result.row.reason == Reason::connect_refused);
  CHECK(run.result.evidence.failed_step == "login");
  CHECK(run.steps.size() == 2);
  CHECK(step(run, "delete").skipped);
  CHECK(run.cleanup_failures.empty());
}

TEST_CASE("the journey's own time-out has its reason, and finally still runs") {
  const TaskApp app;
  Bench bench;
  const auto journey =
      load(replaced(replaced(kCreateTask, "timeout: 20s", "timeout: 4s"), "within: 5s", "within: 3s"), app);
  const auto slower = [&] {
    auto copy = *journey;
    copy.steps[1].timeout = Micros{0};
    copy.steps[2].within = std::chrono::seconds(10);
    return std::make_shared<const config::Journey>(std::move(copy));
  }();
  app.faults(R"({"invisible":true})");
  const Run run = bench.run(slower);
  INFO(everything(run));
  CHECK(run.result.row.reason == Reason::timeout);
  CHECK(run.result.evidence.failed_step == "visible");
  CHECK_THAT(run.result.evidence.message, Catch::Contains("the journey's 4s were up") && Catch::Contains("404"));
  CHECK(step(run, "delete").status == 204);
  CHECK(app.tasks() == 0);
}

TEST_CASE("a run in which a measured step was skipped has no measured time") {
  const TaskApp app;
  Bench bench;
  auto journey = *load(R"(
journeys:
  - name: optional
    service: task-service
    base_url: BASE
    interval: 1m
    variables: {feature: ''}
    steps:
      - {name: first, get: /health, measure: true}
      - {name: second, when: feature, get: /health, measure: true}
      - {name: third, get: /health}
)",
                       app);
  const Run run = bench.run(std::make_shared<const config::Journey>(journey));
  CHECK(run.result.row.success());
  CHECK(step(run, "second").skipped);
  CHECK(run.result.row.measured == ResultRow::kNone);

  journey.steps[1].measure = false;
  const Run measured = bench.run(std::make_shared<const config::Journey>(journey));
  CHECK(step(measured, "second").skipped);
  CHECK(measured.result.row.measured == step(measured, "first").duration);
}

TEST_CASE("an answer that jq has no time for is the agent's fault, and what it created is cleaned up") {
  const TaskApp app;
  Bench bench;
  auto journey = *load(R"(
journeys:
  - name: busy
    service: task-service
    base_url: BASE
    interval: 1m
    steps:
      - {name: create, get: /health, capture: {id: {jq: '.status | tostring'}}, expect: {jq: '.status | length > 0'}}
    finally:
      - {name: delete, when: id, get: /health}
)",
                       app);
  // The helper is busy for a second: the journey's time is up while its capture waits for it.
  journey.schedule.timeout = std::chrono::milliseconds(900);
  std::optional<Run> run;
  bench.engine().loop().run([](Bench* on, std::shared_ptr<const config::Journey> what,
                               std::optional<Run>* out) -> probes::Task<void> {
    probes::Scope scope(on->engine().loop());
    scope.spawn([](Bench* with) -> probes::Task<void> { co_await with->jq().run("def f: f; f", "{}", {}, {}); }(on));
    out->emplace(co_await journeys::run(on->engine(), on->jq(), what, probes::make_trace_context(), {}));
    co_await scope.join();
  }(&bench, std::make_shared<const config::Journey>(journey), &run));
  REQUIRE(run);
  INFO(everything(*run));
  CHECK(reason_name(run->result.row.reason) == reason_name(Reason::agent_jq));
  CHECK(step(*run, "create").status == 200);
  CHECK_FALSE(step(*run, "delete").skipped);
  CHECK(step(*run, "delete").status == 200);
}

TEST_CASE("a step's path has neither origin nor query, whatever these hold") {
  struct Row {
    const char* url;
    const char* path;
  };
  const Row row = GENERATE(values<Row>({
      {"/api/v1/tasks/{{ id }}", "/api/v1/tasks/{{ id }}"},
      {"/fail?next=http://x/y", "/fail"},
      {"/a#http://x/y", "/a"},
      {"/proxy/http://x/y", "/proxy/http://x/y"},
      {"https://example.com:8443/a/b?c=d", "/a/b"},
      {"http://example.com?next=/x", "/"},
      {"http://example.com", "/"},
      {"http://{{ host }}/a", "/a"},
      {"{{ location }}?a=http://x/y", "{{ location }}"},
  }));
  CAPTURE(row.url);
  config::Step step;
  step.url = row.url;
  CHECK(path_template(step) == row.path);
}

TEST_CASE("a shutdown in the middle is the agent's, and finally still runs") {
  const TaskApp app;
  Bench bench;
  const auto journey = load(kCreateTask, app);
  app.faults(R"({"invisible":true})");
  std::optional<Run> run;
  probes::StopSource agent;
  bench.engine().loop().run([](Bench* on, const TaskApp* service, std::shared_ptr<const config::Journey> what,
                               probes::StopSource* stop, std::optional<Run>* out) -> probes::Task<void> {
    probes::Scope scope(on->engine().loop());
    scope.spawn([](Bench* with, std::shared_ptr<const config::Journey> made, probes::Stop until,
                   std::optional<Run>* result) -> probes::Task<void> {
      result->emplace(co_await journeys::run(with->engine(), with->jq(), made, probes::make_trace_context(), until));
    }(on, what, stop->stop(), out));
    while (service->answered("GET", "/api/v1/tasks/{id}", 404) == 0) {
      co_await probes::sleep(on->engine().loop(), std::chrono::milliseconds(10), {});
    }
    stop->request_stop();
    co_await scope.join();
  }(&bench, &app, journey, &agent, &run));
  REQUIRE(run);
  INFO(everything(*run));
  CHECK(run->result.row.reason == Reason::agent_shutdown);
  CHECK(is_agent_fault(run->result.row.reason));
  CHECK(run->result.row.measured == ResultRow::kNone);
  CHECK(step(*run, "delete").status == 204);
  CHECK(app.tasks() == 0);
}

TEST_CASE("finally tries every step, and its failures are not the run's") {
  const TaskApp app({"--visible-after", "0"});
  Bench bench;
  const std::string yaml = replaced(kCreateTask, "      - {name: delete,", R"(      - {name: hung, get: /health}
      - {name: absent, get: /nowhere}
      - {name: delete,)");
  auto journey = *load(yaml, app);
  journey.finally_timeout = std::chrono::seconds(6);
  app.faults(R"({"path":"/health","hang":true})");
  const Run run = bench.run(std::make_shared<const config::Journey>(journey));
  INFO(everything(run));
  CHECK(run.result.row.success());
  CHECK(run.result.row.measured != ResultRow::kNone);
  REQUIRE(run.cleanup_failures.size() == 2);
  CHECK(run.cleanup_failures[0].reason == Reason::timeout);
  CHECK_THAT(run.cleanup_failures[0].message,
             Catch::StartsWith("step \"hung\" (GET /health): its share of the 6s of `finally` was up: "));
  CHECK(run.cleanup_failures[1].message == "step \"absent\" (GET /nowhere): expected status 2xx or 3xx, got 404");
  CHECK(step(run, "delete").status == 204);
  CHECK(app.tasks() == 0);
}

TEST_CASE("captures keep their types, and digits that jq would lose") {
  const TaskApp app;
  Bench bench;
  const auto journey = load(R"(
journeys:
  - name: types
    service: task-service
    base_url: BASE/
    interval: 1m
    steps:
      - name: read
        get: /health
        expect: {jq: ['.id == 12345678901234567890', '.tags | length == 2'], status: 200}
        capture: {id: {jq: .id}, second: {jq: '.tags[1]'}, tags: {jq: '.tags | map(. + 1)'}, code: {status: true}, type: {header: content-type}}
      - name: send
        post: /api/v1/echo/{{ id }}/{{ type }}
        json: {id: '{{ id }}', tags: '{{ tags }}', text: 'id {{ id }}', code: '{{ code }}'}
        expect: {status: 200, jq: ['$id == 12345678901234567890', '$tags == [2, 3]', '$second == 2', '$code == 200', '$type == "application/json"']}
)",
                            app);
  CHECK(bench.compile(journey).empty());
  app.faults(R"([{"path":"/health","wrong_body":"{\"id\":12345678901234567890,\"tags\":[1,2]}"},
                 {"path":"/api/v1/echo","wrong_body":true}])");
  const Run run = bench.run(journey);
  INFO(everything(run));
  CHECK(run.result.row.success());
  const Json seen = parse_json(app.requests()).value();
  const auto& last = seen["last"].back();
  CHECK(last["path"] == "/api/v1/echo/12345678901234567890/application/json");
  CHECK(run.result.row.measured == step(run, "read").duration + step(run, "send").duration);
}

TEST_CASE("what is missing or would break a request is not sent") {
  const TaskApp app;
  Bench bench;
  const auto journey = load(R"(
journeys:
  - name: hostile
    service: task-service
    base_url: BASE
    interval: 1m
    steps:
      - name: read
        get: /health
        capture: {value: {jq: .value}}
      - name: send
        get: /api/v1/tasks
        headers: {X-Value: '{{ value }}'}
)",
                            app);
  app.faults(R"({"path":"/health","wrong_body":"{\"value\":\"a\\r\\nInjected: 1\"}"})");
  const Run run = bench.run(journey);
  CHECK(run.result.row.reason == Reason::capture);
  CHECK(run.result.evidence.message ==
        "step \"send\" (GET /api/v1/tasks): not sent: the header X-Value has a control character in its value");
  CHECK(step(run, "send").requests.empty());

  auto unset = *journey;
  unset.steps[0].when = "value";
  const Run skipped = bench.run(std::make_shared<const config::Journey>(unset));
  CHECK(step(skipped, "read").skipped);
  CHECK(skipped.result.evidence.message ==
        "step \"send\" (GET /api/v1/tasks): not sent: the header X-Value: `value` has no value");
}

TEST_CASE("no secret is in anything a run holds, whatever fails") {
  const TaskApp app;
  Bench bench;
  // The service sends back what it should not; and what was typed wrong puts the password into a URL.
  const std::string yaml = replaced(kCreateTask, "/api/v1/auth/login", "/api/v1/auth/login?p={{ password }}");
  const auto journey = load(yaml, app);
  const char* echo = GENERATE(
      R"({"path":"/api/v1/auth","status":500})",
      R"({"path":"/api/v1/auth","wrong_body":"{\"access_token\":null,\"password\":\"correct horse\",\"echo\":\"correct horse, probe@example.com\",\"refresh_token\":\"r-998877\"}"})",
      R"([{"path":"/api/v1/auth","wrong_body":"{\"access_token\":\"tok-1234567\"}"},
          {"path":"/api/v1/tasks","wrong_body":"{\"title\":\"for tok-1234567 and correct%20horse, Y29ycmVjdCBob3JzZQ==\"}"}])");
  CAPTURE(echo);
  app.faults(echo);
  const Run run = bench.run(journey);
  REQUIRE_FALSE(run.result.row.success());
  const std::string text = everything(run);
  INFO(text);
  for (const char* secret :
       {"correct horse", "correct%20horse", "Y29ycmVjdCBob3JzZQ", "r-998877", "tok-1234567", "probe@example.com"}) {
    CHECK_THAT(text, !Catch::Contains(secret));
  }
  CHECK(run.result.evidence.headers.contains("HTTP/1.1 "));
}

TEST_CASE("compile tells a journey's jq and XPath faults with their places") {
  const TaskApp app;
  Bench bench;
  auto journey = *load(R"(
journeys:
  - name: wrong
    service: task-service
    base_url: BASE
    interval: 1m
    variables: {title: x}
    steps:
      - name: one
        get: /health
        expect: {jq: ['.title == $title', '.status ==', '.id == $id'], status: 200}
        capture: {id: {jq: .id}, twice: {jq: '$id + 1'}}
      - name: two
        get: /health
        until: {jq: ['.x == $id']}
        capture: {later: {jq: .x}, page: {xpath: '//a['}}
    finally:
      - {name: three, get: /health, expect: {jq: '.x == $later', xpath: ['//a', 'count(//a']}}
)",
                       app);
  // What load() would refuse: names that are not there yet.
  journey.steps[0].expect.jq[0].text = ".title == $titel";
  journey.steps[0].captures[1].argument = "$id + $later";
  journey.steps[1].until->jq[0].text = ".x == $id and $later == 1";
  const auto faults = bench.compile(std::make_shared<const config::Journey>(journey));
  for (const std::string& fault : faults) UNSCOPED_INFO(fault);
  REQUIRE(faults.size() == 6);
  CHECK_THAT(faults[0], Catch::EndsWith("the jq program `$id + $later` is wrong: $later is not defined"));
  CHECK_THAT(faults[1], Catch::StartsWith("nines.yml:11:") &&
                            Catch::EndsWith("the jq program `.title == $titel` is wrong: $titel is not defined"));
  CHECK_THAT(faults[2], Catch::EndsWith("the jq program `.status ==` is wrong: syntax error, unexpected ')'"));
  CHECK_THAT(faults[3], Catch::EndsWith("`.x == $id and $later == 1` is wrong: $later is not defined"));
  CHECK_THAT(faults[4],
             Catch::StartsWith("nines.yml:16:") && Catch::Contains("the XPath expression `//a[` is wrong: "));
  CHECK_THAT(faults[5], Catch::Contains("the XPath expression `count(//a` is wrong: "));
}

}  // namespace nines::journeys
