// From runs to alerts, with a clock that stands until it is told otherwise.

#include "agent/alerts/engine.hpp"

#include <catch2/catch.hpp>

#include "base/redact.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
using tests::at;

constexpr const char* kConfig = R"(
region: us-east-1
services:
  - {name: api, priority: P1, runbook_url: 'https://wiki.example/api', labels: {team: platform}}
  - {name: shop, priority: P4}
checks:
  - {name: gateway, service: api, target: 'http://127.0.0.1/', interval: 10s, depends_on: [database], components: .}
  - {name: database, service: shop, target: 'http://127.0.0.1/', interval: 10s}
journeys:
  - {name: buy, service: shop, base_url: 'http://127.0.0.1', interval: 10s, steps: [{name: login, post: /login}, {name: pay, post: /pay}]}
alerting: {webhooks: ['http://127.0.0.1:9/hook'], external_url: 'https://nines.example'}
)";

struct Fixture : tests::MonitorFixture {
  explicit Fixture(const std::string& yaml = kConfig)
      : MonitorFixture(yaml), spool(*store, clock), engine(*store, spool, clock) {
    monitor.observe(engine);
    spool.set_receivers({"me"});
  }

  void step() { engine.step({config, &monitor, nullptr}, regions); }
  // That many runs with the same outcome, ten seconds apart, each looked at.
  void runs(const std::string& name, int count, bool success) {
    for (int i = 0; i < count; ++i) {
      run(name, success);
      step();
      clock.advance(10s);
    }
  }
  void report(RunReport made) {
    monitor.finished(std::move(made));
    step();
    clock.advance(10s);
  }
  // What fires, as "alertname severity priority", by identity.
  std::map<std::string, std::string> firing() const {
    std::map<std::string, std::string> all;
    for (const auto& [id, alert] : spool.alerts()) {
      if (!alert.firing()) continue;
      all[alert.identity] = std::string(value_of(alert.labels, "alertname")) + " " +
                            std::string(value_of(alert.labels, "severity")) + " " +
                            std::string(value_of(alert.labels, "priority"));
    }
    return all;
  }
  Alert last() const { return std::prev(spool.alerts().end())->second; }
  std::size_t raised() const { return spool.alerts().size(); }

  std::map<std::string, Regions, std::less<>> regions;
  Spool spool;
  AlertEngine engine;
};

using Firing = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("three failures are a warning, five are critical, one success resolves") {
  Fixture f;
  f.runs("gateway", 1, true);
  f.runs("gateway", 2, false);
  CHECK(f.firing().empty());
  f.runs("gateway", 1, false);
  CHECK(f.firing() == Firing{{"check/gateway", "CheckFailing warning P1"}});
  f.runs("gateway", 1, false);
  CHECK(f.raised() == 1);
  f.runs("gateway", 1, false);
  CHECK(f.firing() == Firing{{"check/gateway", "CheckFailing critical P1"}});
  f.runs("gateway", 3, false);
  CHECK(f.raised() == 2);
  f.runs("gateway", 1, true);
  CHECK(f.firing().empty());
  CHECK(f.raised() == 2);
}

TEST_CASE("an alert says what, how bad, why with the numbers, and where to look") {
  Fixture f;
  f.runs("gateway", 1, true);
  f.runs("gateway", 6, false);
  const Alert alert = f.last();
  CHECK(alert.labels == AlertLabels{{"alertname", "CheckFailing"},
                                    {"service", "api"},
                                    {"check", "gateway"},
                                    {"region", "us-east-1"},
                                    {"severity", "critical"},
                                    {"priority", "P1"},
                                    {"team", "platform"}});
  CHECK(value_of(alert.annotations, "summary") == "Check gateway of api is critical");
  CHECK(value_of(alert.annotations, "description") ==
        "6 failures in a row (warning at 3, critical at 5), critical since 2026-10-01T00:00:50Z. "
        "Last failure: connection refused (connect_refused).");
  CHECK(value_of(alert.annotations, "runbook_url") == "https://wiki.example/api");
  CHECK(value_of(alert.annotations, "page_url") == "https://nines.example/checks/gateway");
  // That of the outage which goes on when it becomes critical.
  CHECK(value_of(alert.annotations, "incident_url") == "https://nines.example/incidents/api-20261001T000050Z");
  CHECK(value_of(alert.annotations, "regions_seen").empty());
  CHECK(alert.url == "https://nines.example/checks/gateway");
  CHECK(format_time(alert.starts, 0) == "2026-10-01T00:00:50Z");
}

TEST_CASE("no secret and no address of a person is in an alert") {
  struct Restore {
    ~Restore() { set_redactor(std::make_shared<const Redactor>()); }
  } const restore;
  set_redactor(std::make_shared<const Redactor>(std::vector{Secret("correct-horse")}));
  Fixture f;
  for (int i = 0; i < 3; ++i) {
    RunReport failure = tests::failure_of(f.schedule("database"), f.clock.now());
    failure.result.evidence.message = "got correct-horse of ann@example.com";
    f.report(std::move(failure));
  }
  CHECK_THAT(std::string(value_of(f.last().annotations, "description")),
             Catch::EndsWith("Last failure: got <secret> of <email> (connect_refused)."));
}

TEST_CASE("a journey's alert names the step that failed, and another step is no other alert") {
  Fixture f;
  const auto fail_at = [&](const char* step) {
    RunReport failure = tests::failure_of(f.schedule("buy"), f.clock.now());
    failure.result.evidence.failed_step = step;
    f.report(std::move(failure));
  };
  for (int i = 0; i < 3; ++i) fail_at("login");
  CHECK(f.firing() == Firing{{"check/buy", "JourneyFailing warning P4"}});
  CHECK(value_of(f.last().labels, "failed_step") == "login");
  CHECK(f.last().url == "https://nines.example/journeys/buy");
  fail_at("pay");
  CHECK(f.raised() == 1);
  CHECK(value_of(f.last().labels, "failed_step") == "login");
  CHECK_THAT(std::string(value_of(f.last().annotations, "description")), Catch::Contains("Step pay failed."));
  fail_at("pay");
  CHECK(f.raised() == 2);
  CHECK(value_of(f.last().labels, "failed_step") == "pay");
}

TEST_CASE("unknown raises nothing and resolves nothing") {
  Fixture f;
  f.runs("database", 5, false);
  CHECK(f.firing() == Firing{{"check/database", "CheckFailing critical P4"}});
  f.clock.advance(10min);
  REQUIRE(f.view("database").state == sla::State::unknown);
  f.step();
  CHECK(f.firing() == Firing{{"check/database", "CheckFailing critical P4"}});
  CHECK(f.raised() == 2);
  f.runs("database", 1, true);
  CHECK(f.firing().empty());
}

TEST_CASE("a run that fails by the agent's own fault is told as that alone, once nothing is known any more") {
  Fixture f;
  f.runs("database", 1, true);
  for (int i = 0; i < 40; ++i) {
    RunReport broken = tests::failure_of(f.schedule("database"), f.clock.now());
    broken.result.row.reason = Reason::agent_descriptors;
    f.report(std::move(broken));
  }
  CHECK(f.firing() == Firing{{"agent/probing", "NinesCannotProbe critical P2"}});
  CHECK_THAT(std::string(value_of(f.last().annotations, "description")),
             Catch::Contains("database (agent_descriptors)"));
  CHECK(value_of(f.last().labels, "service") == "nines");
  f.runs("database", 1, true);
  CHECK(f.firing().empty());
}

TEST_CASE("while what a check depends on fails, the check raises nothing") {
  Fixture f;
  const auto rounds = [&](int count, bool gateway, bool database) {
    for (int i = 0; i < count; ++i) {
      f.run("gateway", gateway);
      f.run("database", database);
      f.step();
      f.clock.advance(10s);
    }
  };
  rounds(1, true, true);
  SECTION("the dependency is critical first") {
    rounds(5, true, false);
    rounds(5, false, false);
    CHECK(f.firing() == Firing{{"check/database", "CheckFailing critical P4"}});
    CHECK(f.raised() == 2);  // its warning, and this
  }
  SECTION("both fail at the same time: the check waits for what becomes of the dependency") {
    rounds(4, false, false);
    CHECK(f.firing() == Firing{{"check/database", "CheckFailing warning P4"}});
    SECTION("it is critical") {
      rounds(3, false, false);
      CHECK(f.firing() == Firing{{"check/database", "CheckFailing critical P4"}});
    }
    SECTION("it is well and the check is not: that is told") {
      rounds(1, false, true);
      CHECK(f.firing() == Firing{{"check/gateway", "CheckFailing critical P1"}});
    }
  }
  SECTION("an alert from before stays as it is, and is resolved when its check is well") {
    rounds(3, false, true);
    rounds(6, false, false);
    CHECK(f.firing() ==
          Firing{{"check/gateway", "CheckFailing warning P1"}, {"check/database", "CheckFailing critical P4"}});
    rounds(1, true, false);
    CHECK(f.firing() == Firing{{"check/database", "CheckFailing critical P4"}});
  }
}

TEST_CASE("in maintenance nothing is raised, and what lasts beyond it is") {
  Fixture f(std::string(kConfig) +
            "maintenance: [{service: shop, from: 2026-10-01T00:00:00Z, to: 2026-10-01T00:02:00Z, reason: upgrade, "
            "author: ops, excluded: false}]\n");
  f.runs("database", 11, false);
  CHECK(f.raised() == 0);
  f.runs("database", 2, false);
  CHECK(f.firing() == Firing{{"check/database", "CheckFailing critical P4"}});
}

TEST_CASE("while all uplink checks fail, only they are told") {
  Fixture f(R"(
checks:
  - {name: uplink, service: network, target: 'http://127.0.0.1/', interval: 10s, uplink: true}
  - {name: api, service: api, target: 'http://127.0.0.1/', interval: 10s}
alerting: {webhooks: ['http://127.0.0.1:9/hook']}
)");
  for (int i = 0; i < 5; ++i) {
    f.run("uplink", false);
    f.run("api", false);
    f.step();
    f.clock.advance(10s);
  }
  CHECK(f.firing() == Firing{{"check/uplink", "CheckFailing critical P3"}});
  f.runs("uplink", 1, true);
  CHECK(f.firing() == Firing{{"check/api", "CheckFailing critical P3"}});
}

TEST_CASE("a check that goes up and down becomes one flapping alert until fifteen minutes are quiet") {
  Fixture f;
  for (int i = 0; i < 3; ++i) {
    f.runs("database", 3, false);
    f.runs("database", 1, true);
  }
  CHECK(f.firing() == Firing{{"check/database", "CheckFlapping warning P4"}});
  const std::size_t raised = f.raised();
  CHECK(raised == 4);  // three warnings and this
  for (int i = 0; i < 3; ++i) {
    f.runs("database", 3, false);
    f.runs("database", 1, true);
  }
  CHECK(f.raised() == raised);
  f.runs("database", 88, true);
  CHECK(f.firing().size() == 1);
  f.runs("database", 2, true);
  CHECK(f.firing().empty());
  CHECK(f.raised() <= raised);
}

TEST_CASE("a component that is down as often as a check may fail is told, and one that is named no more is not") {
  Fixture f;
  const auto answer = [&](std::vector<std::pair<std::string, bool>> components) {
    RunReport run = tests::success_of(f.schedule("gateway"), f.clock.now());
    run.components = std::move(components);
    f.report(std::move(run));
  };
  for (int i = 0; i < 3; ++i) answer({{"redis", false}, {"mongodb", true}});
  CHECK(f.firing() == Firing{{"component/gateway/redis", "ComponentDown warning P1"}});
  CHECK(value_of(f.last().labels, "component") == "redis");
  CHECK(value_of(f.last().labels, "check") == "gateway");
  for (int i = 0; i < 2; ++i) answer({{"redis", false}, {"mongodb", true}});
  CHECK(f.firing() == Firing{{"component/gateway/redis", "ComponentDown critical P1"}});
  SECTION("it is up again") {
    answer({{"redis", true}, {"mongodb", true}});
  }
  SECTION("it is named no more") {
    answer({{"mongodb", true}});
  }
  CHECK(f.firing().empty());
}

TEST_CASE("a certificate is told two weeks before its expiry, and critical three days before") {
  struct Row {
    Micros left;
    Firing firing;
  };
  const std::vector<Row> rows{
      {std::chrono::days(15), {}},
      {std::chrono::days(13), {{"certificate/database", "CertificateExpiring warning P4"}}},
      {std::chrono::days(2), {{"certificate/database", "CertificateExpiring critical P4"}}},
      {-1h, {{"certificate/database", "CertificateExpiring critical P4"}}},
  };
  Fixture f;
  const auto shown = [&](Micros left) {
    RunReport run = tests::success_of(f.schedule("database"), f.clock.now());
    run.probe.tls.emplace();
    run.probe.tls->earliest_expiry = f.clock.now() + left;
    f.report(std::move(run));
  };
  for (const Row& row : rows) {
    CAPTURE(row.left.count());
    shown(row.left);
    CHECK(f.firing() == row.firing);
  }
  // A run that came to no handshake does not say that it is well.
  f.runs("database", 1, false);
  CHECK(f.firing() == rows.back().firing);
  shown(std::chrono::days(90));
  CHECK(f.firing().empty());
}

TEST_CASE("an agent that cannot keep its schedule says so") {
  Fixture f;
  for (int i = 0; i < 19; ++i) f.engine.started(2s);
  f.step();
  CHECK(f.firing().empty());
  f.engine.started(0s);
  f.step();
  CHECK(f.firing() == Firing{{"agent/schedule", "NinesScheduleLate warning P2"}});
  f.clock.advance(7min);
  f.step();
  CHECK(f.firing().empty());
}

TEST_CASE("results that are lost are told for five minutes") {
  Fixture f;
  f.step();
  RunReport run = tests::success_of(f.schedule("database"), f.clock.now());
  REQUIRE(f.store->submit(run.result));
  run.result.row.duration += 1us;  // another of the same key: refused
  REQUIRE(f.store->submit(run.result));
  f.store->flush();
  f.step();
  CHECK(f.firing() == Firing{{"agent/store", "NinesStoreFailing critical P2"}});
  f.clock.advance(4min);
  f.step();
  CHECK(f.firing().size() == 1);
  f.clock.advance(2min);
  f.step();
  CHECK(f.firing().empty());
}

TEST_CASE("an alert is marked with the regions that see it, when they can be asked") {
  Fixture f;
  f.runs("gateway", 3, false);
  struct Row {
    Regions regions;
    std::string seen;
  };
  const std::vector<Row> rows{
      {{{}, {"eu-west-1", "us-east-1", "us-west-2"}}, "1 of 3: us-east-1"},
      {{{"eu-west-1", "us-east-1"}, {"eu-west-1", "us-east-1"}}, "2 of 2: eu-west-1, us-east-1"},
      {{{"eu-west-1"}, {"eu-west-1", "us-west-2"}}, "2 of 3: eu-west-1, us-east-1"},
      {{{"us-east-1"}, {"us-east-1"}}, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.seen);
    f.regions["gateway"] = row.regions;
    f.step();
    CHECK(value_of(f.last().annotations, "regions_seen") == row.seen);
  }
  CHECK(f.raised() == 1);
}

TEST_CASE("after a restart alerts go on as they were until more is known") {
  harness::TempDir dir;
  Fixture f;
  for (int i = 0; i < 3; ++i) {
    RunReport run = tests::success_of(f.schedule("gateway"), f.clock.now());
    run.components = {{"redis", false}};
    f.report(std::move(run));
  }
  f.runs("database", 5, false);
  const Firing before{{"component/gateway/redis", "ComponentDown warning P1"},
                      {"check/database", "CheckFailing critical P4"}};
  CHECK(f.firing() == before);

  // Another process over the same store, whose monitor knows nothing yet.
  tests::MonitorFixture fresh(kConfig);
  Spool spool(*f.store, f.clock);
  REQUIRE(spool.restore());
  spool.set_receivers({"me"});
  AlertEngine engine(*f.store, spool, f.clock);
  engine.restore();
  fresh.monitor.observe(engine);
  const std::map<std::string, Regions, std::less<>> none;
  CHECK_FALSE(engine.step({fresh.config, &fresh.monitor, nullptr}, none));
  CHECK(spool.firing("component/gateway/redis") == "warning");
  CHECK(spool.firing("check/database") == "critical");

  RunReport run = tests::success_of(fresh.schedule("gateway"), f.clock.now());
  run.components = {{"redis", true}};
  fresh.clock.set(f.clock.now());
  fresh.monitor.finished(std::move(run));
  fresh.run("database", true);
  CHECK(engine.step({fresh.config, &fresh.monitor, nullptr}, none));
  CHECK(spool.firing("component/gateway/redis").empty());
  CHECK(spool.firing("check/database").empty());
}

TEST_CASE("a check that is configured no more has no alert") {
  Fixture f;
  f.runs("database", 5, false);
  tests::MonitorFixture other("checks: [{name: other, service: s, target: 'http://127.0.0.1/'}]\n");
  f.engine.step({other.config, &other.monitor, nullptr}, f.regions);
  CHECK(f.firing().empty());
}

}  // namespace nines::agent
