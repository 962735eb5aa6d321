// Monitor::services(): the running downtime counters, with a clock that a test moves.

#include <catch2/catch.hpp>

#include "tests/agent/support.hpp"

namespace nines::agent {

using namespace std::chrono_literals;
using tests::at;
using tests::MonitorFixture;

namespace {

constexpr const char* kConfig = R"(
region: test
checks:
  - {name: one, service: api, target: http://127.0.0.1:1/, interval: 10s}
  - {name: two, service: api, target: http://127.0.0.1:1/, interval: 10s}
journeys:
  - {name: buy, service: shop, base_url: http://127.0.0.1:1, interval: 10s, steps: [{name: only, get: /}]}
  - {name: extra, service: api, base_url: http://127.0.0.1:1, interval: 10s, steps: [{name: only, get: /}]}
maintenance:
  - {service: shop, from: 2026-10-01T00:01:00Z, to: 2026-10-01T00:02:00Z, reason: upgrade, author: ops@example.com}
)";

ServiceView service(MonitorFixture& fixture, const std::string& name) {
  for (const ServiceView& view : fixture.monitor.services()) {
    if (view.service == name) return view;
  }
  FAIL("no service " << name);
  return {};
}

// A result that took no time.
void result(MonitorFixture& fixture, const std::string& name, double when, bool success) {
  fixture.clock.set(at(when));
  const auto& schedule = fixture.schedule(name);
  fixture.monitor.started(schedule, 0ns);
  RunReport report = success ? tests::success_of(schedule, at(when)) : tests::failure_of(schedule, at(when));
  report.result.row.duration = 0us;
  fixture.monitor.finished(std::move(report));
}

}  // namespace

TEST_CASE("services are sorted by name and start at zero") {
  MonitorFixture fixture(kConfig);
  const auto views = fixture.monitor.services();
  REQUIRE(views.size() == 2);
  CHECK(views[0].service == "api");
  CHECK(views[1].service == "shop");
  for (const ServiceView& view : views) {
    CHECK(view.down == 0us);
    CHECK(view.known == 0us);
  }
}

TEST_CASE("downtime gains the whole run when it is confirmed, then as time passes") {
  MonitorFixture fixture(kConfig);
  result(fixture, "buy", 0, true);
  result(fixture, "buy", 10, false);
  result(fixture, "buy", 20, false);
  fixture.clock.set(at(29));
  CHECK(service(fixture, "shop").down == 0us);
  result(fixture, "buy", 30, false);
  CHECK(service(fixture, "shop").down == 20s);
  fixture.clock.set(at(34));
  CHECK(service(fixture, "shop").down == 24s);
  CHECK(service(fixture, "shop").known == 34s);
  result(fixture, "buy", 40, true);
  fixture.clock.set(at(45));
  CHECK(service(fixture, "shop").down == 30s);
  CHECK(service(fixture, "shop").known == 45s);
}

TEST_CASE("a blip is no downtime, and time after stale_after is not known") {
  MonitorFixture fixture(kConfig);
  result(fixture, "buy", 0, false);
  result(fixture, "buy", 10, false);
  result(fixture, "buy", 20, true);
  fixture.clock.set(at(1000));
  CHECK(service(fixture, "shop").down == 0us);
  CHECK(service(fixture, "shop").known == 45s);
}

TEST_CASE("while a run is going on time is settled up to its start only") {
  MonitorFixture fixture(kConfig);
  result(fixture, "buy", 0, true);
  fixture.clock.set(at(10));
  fixture.monitor.started(fixture.schedule("buy"), 0ns);
  fixture.clock.set(at(18));
  CHECK(service(fixture, "shop").known == 10s);
  // The run gives its verdict for the time since it began.
  RunReport report = tests::failure_of(fixture.schedule("buy"), at(10));
  report.result.row.duration = 8s;
  fixture.monitor.finished(std::move(report));
  CHECK(service(fixture, "shop").known == 18s);
}

TEST_CASE("checks of a service combine as any: one that is down takes the service down") {
  MonitorFixture fixture(kConfig);
  for (int i = 0; i <= 6; ++i) {
    result(fixture, "one", 10.0 * i, true);
    result(fixture, "two", 10.0 * i, i < 2 || i > 4);
  }
  CHECK(service(fixture, "api").down == 30s);
  CHECK(service(fixture, "api").known == 60s);
}

TEST_CASE("a journey does not count for a service that has checks") {
  MonitorFixture fixture(kConfig);
  for (int i = 0; i <= 6; ++i) {
    result(fixture, "one", 10.0 * i, true);
    result(fixture, "two", 10.0 * i, true);
    result(fixture, "extra", 10.0 * i, false);
  }
  CHECK(service(fixture, "api").down == 0us);
}

TEST_CASE("a maintenance window is neither downtime nor known") {
  MonitorFixture fixture(kConfig);
  result(fixture, "buy", 0, true);
  for (int i = 1; i <= 15; ++i) result(fixture, "buy", 10.0 * i, i < 5);
  // Down from 50 s on; the window takes 60 s to 120 s out.
  CHECK(service(fixture, "shop").down == 40s);
  CHECK(service(fixture, "shop").known == 90s);
}

TEST_CASE("counters never go back, whatever arrives late") {
  MonitorFixture fixture(kConfig);
  result(fixture, "buy", 0, true);
  Micros down{0};
  Micros known{0};
  for (int i = 1; i < 200; ++i) {
    const double when = 10.0 * i + (i % 7 == 0 ? 20 : 0);
    result(fixture, "buy", when, i % 11 < 5);
    fixture.clock.set(at(when + i % 10));
    const ServiceView view = service(fixture, "shop");
    REQUIRE(view.down >= down);
    REQUIRE(view.known >= known);
    REQUIRE(view.down <= view.known);
    down = view.down;
    known = view.known;
  }
  CHECK(down > 0us);
}

}  // namespace nines::agent
