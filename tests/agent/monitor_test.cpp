#include "agent/monitor.hpp"

#include <catch2/catch.hpp>

#include "tests/agent/support.hpp"

namespace nines::agent {

using namespace std::chrono_literals;
using tests::at;
using tests::MonitorFixture;

namespace {

constexpr const char* kConfig = R"(
region: test
services:
  - {name: api, priority: P1, runbook_url: "https://wiki.example/api"}
checks:
  - {name: gateway, service: api, target: http://127.0.0.1:1/health, interval: 10s}
  - {name: tasks, service: tasks, target: http://127.0.0.1:1/tasks, interval: 10s, depends_on: [gateway]}
journeys:
  - name: create
    service: tasks
    base_url: http://127.0.0.1:1
    interval: 10s
    steps: [{name: only, get: /}]
maintenance:
  - {service: tasks, from: 2026-10-01T01:00:00Z, to: 2026-10-01T02:00:00Z, reason: upgrade, author: ops@example.com}
  - {schedule: 'Thu 03:00-04:00', reason: weekly, author: ops@example.com}
  - {service: api, from: 2026-10-01T05:00:00Z, to: 2026-10-01T06:00:00Z, reason: upgrade, author: ops@example.com, excluded: false}
)";

void run_many(MonitorFixture& fixture, const std::string& name, std::string_view picture) {
  for (const char one : picture) {
    fixture.run(name, one == '.');
    fixture.clock.advance(10s);
  }
}

}  // namespace

TEST_CASE("three failures in a row are a warning, five critical, a success is up again") {
  struct Case {
    const char* picture;  // . success, x failure
    reports::Shown shown;
    int failures;
  };
  const Case cases[] = {
      {"", reports::Shown::unknown, 0},        {".", reports::Shown::up, 0},
      {".x", reports::Shown::failing, 1},      {".xx", reports::Shown::failing, 2},
      {".xxx", reports::Shown::warning, 3},    {".xxxx", reports::Shown::warning, 4},
      {".xxxxx", reports::Shown::critical, 5}, {".xxxxxx", reports::Shown::critical, 6},
      {".xxx.", reports::Shown::up, 0},        {".xxxxx.", reports::Shown::up, 0},
      {".xx.xx", reports::Shown::failing, 2},  {"x", reports::Shown::failing, 1},
      {"xxx", reports::Shown::warning, 3},
  };
  for (const Case& one : cases) {
    MonitorFixture fixture(kConfig);
    run_many(fixture, "gateway", one.picture);
    CAPTURE(one.picture);
    CHECK(fixture.view("gateway").shown == one.shown);
    CHECK(fixture.view("gateway").health.failures == one.failures);
  }
}

TEST_CASE("a check whose last result is older than stale_after is unknown, and keeps its counters") {
  MonitorFixture fixture(kConfig);
  run_many(fixture, "gateway", "xxx");
  CHECK(fixture.view("gateway").state == sla::State::warning);
  fixture.clock.advance(25s);
  CHECK(fixture.view("gateway").state == sla::State::unknown);
  CHECK(fixture.view("gateway").health.failures == 3);
  run_many(fixture, "gateway", "xx");
  CHECK(fixture.view("gateway").shown == reports::Shown::critical);
}

TEST_CASE("a restart takes up the counters and states of the store, and forgets checks that are gone") {
  MonitorFixture before(kConfig);
  run_many(before, "gateway", ".xxxx");
  REQUIRE(before.store->flush());
  auto entries = before.store->reader().health();
  REQUIRE(entries.has_value());
  REQUIRE(entries->size() == 1);
  entries->push_back({"removed", 3, 9, 0, at(0), at(0)});

  MonitorFixture after(kConfig);
  after.clock.set(before.clock.now());
  after.monitor.restore(*entries);
  const CheckView taken = after.view("gateway");
  CHECK(taken.health == before.view("gateway").health);
  CHECK(taken.shown == reports::Shown::warning);
  CHECK(taken.last == nullptr);
  CHECK(after.monitor.checks().size() == 3);
  after.run("gateway", false);
  CHECK(after.view("gateway").shown == reports::Shown::critical);
}

TEST_CASE("a check that was renamed goes on under its new name") {
  MonitorFixture after(R"(
region: test
checks: [{name: entry, service: api, target: http://127.0.0.1:1/health, interval: 10s, formerly: [older, gateway]}]
)");
  SECTION("at a start") {
    const std::vector<store::HealthEntry> entries{{"gateway", 2, 4, 0, at(-5), at(-30)}};
    after.monitor.restore(entries);
  }
  SECTION("at a reload") {
    MonitorFixture before(kConfig);
    run_many(before, "gateway", ".xxxx");
    after.clock.set(before.clock.now());
    after.monitor.take_over(before.monitor);
  }
  CHECK(after.view("entry").health.failures == 4);
  after.run("entry", false);
  CHECK(after.view("entry").shown == reports::Shown::critical);
}

TEST_CASE("a reload keeps states, last runs and downtime, of the same checks") {
  MonitorFixture before(kConfig);
  run_many(before, "gateway", ".xxxx");
  run_many(before, "tasks", ".");
  const auto down = [](MonitorFixture& fixture) {
    for (const ServiceView& view : fixture.monitor.services()) {
      if (view.service == "api") return view.down;
    }
    return Micros(-1);
  };
  const Micros counted = down(before);
  REQUIRE(counted > 20s);
  std::string text = kConfig;
  SECTION("with the same rules") {}
  SECTION("with others") {
    const std::string was = "/health, interval: 10s";
    text.replace(text.find(was), was.size(), "/health, interval: 10s, thresholds: {warning: 2}");
  }
  const std::string was = "/tasks, interval";
  text.replace(text.find(was), was.size(), "/other, interval");
  MonitorFixture after(text);
  after.clock.set(before.clock.now());
  after.monitor.take_over(before.monitor);
  CHECK(down(before) == counted);
  CHECK(down(after) == counted);
  CHECK(after.view("gateway").health.failures == 4);
  REQUIRE(after.view("gateway").last != nullptr);
  CHECK(after.view("gateway").last->schedule == &after.schedule("gateway"));
  CHECK(after.view("tasks").health.successes == before.view("tasks").health.successes);
  CHECK(after.view("tasks").last == nullptr);  // of another target
  run_many(after, "gateway", "xx");
  CHECK(down(after) > counted + 10s);
}

TEST_CASE("maintenance is laid over every state while its window lasts, half-open, excluded or not") {
  struct Case {
    const char* check;
    double now;
    bool inside;
  };
  const Case cases[] = {
      {"tasks", 3599.999999, false}, {"tasks", 3600, true},         {"create", 3600, true},
      {"gateway", 3600, false},      {"tasks", 7199.999999, true},  {"tasks", 7200, false},
      {"gateway", 10799.999, false}, {"gateway", 10800, true},      {"tasks", 14399.999, true},
      {"gateway", 14400, false},     {"gateway", 5 * 3600.0, true}, {"tasks", 5 * 3600.0, false},
  };
  for (const Case& one : cases) {
    MonitorFixture fixture(kConfig);
    fixture.clock.set(at(one.now));
    CAPTURE(one.check, one.now);
    CHECK((fixture.view(one.check).shown == reports::Shown::maintenance) == one.inside);
  }
}

TEST_CASE("a check whose dependency is critical is suppressed: shown so, measured all the same") {
  MonitorFixture fixture(kConfig);
  run_many(fixture, "gateway", "xxxx");
  fixture.run("tasks", false);
  CHECK(fixture.view("tasks").shown == reports::Shown::failing);
  fixture.run("gateway", false);
  CHECK(fixture.view("tasks").shown == reports::Shown::suppressed);
  CHECK(fixture.view("tasks").state == sla::State::up);
  CHECK(fixture.view("tasks").health.failures == 1);
  fixture.run("gateway", true);
  CHECK(fixture.view("tasks").shown == reports::Shown::failing);
}

TEST_CASE("an interrupted run changes no state, is not counted and not stored") {
  MonitorFixture fixture(kConfig);
  run_many(fixture, "gateway", ".");
  const auto& schedule = fixture.schedule("gateway");
  fixture.monitor.started(schedule, 0ns);
  RunReport cut = tests::failure_of(schedule, fixture.clock.now());
  cut.interrupted = true;
  fixture.monitor.finished(std::move(cut));
  CHECK(fixture.view("gateway").shown == reports::Shown::up);
  CHECK(fixture.view("gateway").last->result.row.success());
  const auto families = fixture.metrics.collect();
  CHECK(tests::counter(families, "nines_check_results_total",
                       {{"check", "gateway"}, {"service", "api"}, {"region", "test"}, {"result", "failure"}}) == 0);
  REQUIRE(fixture.store->flush());
  CHECK(fixture.store->stats().written == 1);
}

TEST_CASE("a fault of the agent is stored and shown, and counts for no state") {
  MonitorFixture fixture(kConfig);
  run_many(fixture, "gateway", ".xx");
  RunReport fault = tests::failure_of(fixture.schedule("gateway"), fixture.clock.now());
  fault.result.row.reason = fault.result.row.first_reason = Reason::agent_network;
  fixture.monitor.started(fixture.schedule("gateway"), 0ns);
  fixture.monitor.finished(std::move(fault));
  CHECK(fixture.view("gateway").health.failures == 2);
  REQUIRE(fixture.store->flush());
  CHECK(fixture.store->stats().written == 4);
}

TEST_CASE("the store gets every result in order and the health after the last one") {
  MonitorFixture fixture(kConfig);
  run_many(fixture, "gateway", ".xxx");
  run_many(fixture, "create", ".");
  REQUIRE(fixture.store->flush());
  store::Reader reader = fixture.store->reader();
  const auto rows = reader.rows({"gateway", "test"}, {at(0), at(1000)});
  REQUIRE(rows.has_value());
  REQUIRE(rows->size() == 4);
  CHECK((*rows)[0].success());
  CHECK((*rows)[3].reason == Reason::connect_refused);
  CHECK((*rows)[1].start - (*rows)[0].start == 10s + 12'345us);
  const auto health = reader.health();
  REQUIRE(health.has_value());
  REQUIRE(health->size() == 2);
  CHECK((*health)[1].check == "gateway");
  CHECK((*health)[1].state == static_cast<int>(sla::State::warning));
  CHECK((*health)[1].failures == 3);
  CHECK((*health)[1].since == (*rows)[3].start);
}

TEST_CASE("the page's row says what a check is, how it is and why") {
  MonitorFixture fixture(kConfig);
  const reports::StatusRow fresh = status_row(fixture.view("create"), *fixture.config);
  CHECK(fresh.journey);
  CHECK(fresh.target == "http://127.0.0.1:1");
  CHECK(fresh.state == reports::Shown::unknown);
  CHECK(fresh.since == Time{});
  CHECK(fresh.last_result == Time{});

  run_many(fixture, "gateway", ".xxx");
  RunReport report = tests::failure_of(fixture.schedule("gateway"), fixture.clock.now());
  report.version = "1.2.3";
  report.components = {{"mongodb", false}};
  report.result.evidence.failed_step = "login";
  fixture.monitor.finished(std::move(report));
  const reports::StatusRow row = status_row(fixture.view("gateway"), *fixture.config);
  CHECK(row.name == "gateway");
  CHECK(row.service == "api");
  CHECK(row.priority == "P1");
  CHECK(row.runbook_url == "https://wiki.example/api");
  CHECK_FALSE(row.journey);
  CHECK(row.target == "http://127.0.0.1:1/health");
  CHECK(row.state == reports::Shown::warning);
  CHECK(row.failures == 4);
  CHECK(row.warning_at == 3);
  CHECK(row.critical_at == 5);
  CHECK(row.last_duration == 12'345us);
  CHECK(row.last_outcome == Outcome{Reason::connect_refused, "connection refused"});
  CHECK(row.failed_step == "login");
  CHECK(row.version == "1.2.3");
  CHECK(row.components == std::vector<std::pair<std::string, bool>>{{"mongodb", false}});
  CHECK(row.last_result == fixture.clock.now());
  CHECK(row.since < row.last_result);
}

}  // namespace nines::agent
