// What is told of one incident beside its runs: deployments, gates, maintenance, silences, and the cost in each period.

#include <catch2/catch.hpp>

#include "agent/incidents/details.hpp"
#include "agent/incidents/incidents.hpp"
#include "agent/objectives.hpp"
#include "sla/evaluate.hpp"
#include "store/book.hpp"
#include "store/gates.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
using reports::IncidentMark;
using tests::at;

constexpr const char* kConfig = R"(
region: us-east-1
services: [{name: api, priority: P1}, {name: login}, {name: shop}]
checks:
  - {name: gateway, service: api, target: 'http://127.0.0.1/', interval: 1m, formerly: [old-gateway], depends_on: [session]}
  - {name: session, service: login, target: 'http://127.0.0.1/', interval: 1m}
objectives:
  - {name: monthly, service: api, indicator: uptime, target: '99%', window: month}
  - {name: rolling, service: api, indicator: uptime, target: '99%', window: 2d}
  - {name: slow, service: api, checks: [gateway], indicator: latency, percentile: 90, target: '< 1s', of: strict, window: month}
  - {name: other, service: login, indicator: uptime, target: '99%', window: month}
)";

constexpr double kDay = 86'400;
constexpr double kNovember = 31 * kDay;  // at() counts from October 1

// Ten minutes on each side of midnight, at the end of October; gateway was called old-gateway until then.
struct Fixture {
  Fixture() {
    REQUIRE(store->record_settings(settings_of(*config, at(0))));
    for (double second = kNovember - 6 * 3600; second <= kNovember + 6 * 3600; second += 60) {
      const bool down = second >= kNovember - 600 && second < kNovember + 600;
      add(second < kNovember - 300 ? "old-gateway" : "gateway", second, !down);
      add("session", second, true);
    }
    REQUIRE(store->flush());
  }
  void add(const std::string& check, double second, bool success) {
    Result result;
    result.key = {check, "us-east-1"};
    result.row.start = at(second);
    result.row.duration = 5ms;
    result.row.interval = 1min;
    if (!success) {
      result.row.reason = result.row.first_reason = Reason::http_status;
      result.evidence.message = "expected 200, got 500";
    }
    REQUIRE(store->submit(std::move(result)));
  }
  reports::Incident one() {
    IncidentStores stores = std::move(IncidentStores::open({data}).value());
    const auto found = find_incident(stores, *config, "api-20261031T235000Z", at(kNovember + 6 * 3600));
    REQUIRE(found);
    REQUIRE(*found);
    return **found;
  }

  harness::TempDir dir;
  std::string data = dir.path().string();
  std::shared_ptr<const config::Config> config = tests::config_of(kConfig);
  test::ManualClock clock{at(kNovember + 6 * 3600)};
  std::unique_ptr<store::Store> store = std::move(store::Store::open({.data_dir = data, .clock = &clock}).value());
};

// Those of one kind, as "-00:10:00 text" from the incident's beginning.
std::vector<std::string> told(const reports::Incident& incident, IncidentMark mark) {
  std::vector<std::string> lines;
  for (const reports::IncidentEvent& event : incident.timeline) {
    if (event.mark == mark) lines.push_back(format_time(event.at, 0).substr(8, 11) + " " + event.text);
  }
  return lines;
}

store::WindowEntry window(const std::string& service, double from, double to) {
  store::WindowEntry entry;
  entry.service = service;
  entry.once = {at(from), at(to)};
  entry.reason = "upgrade";
  entry.author = "ops";
  entry.entered = at(from - 60);
  entry.excluded = false;
  return entry;
}

}  // namespace

TEST_CASE("an incident's deployments are its service's, of what it depends on, and the gates, of a day before it") {
  Fixture f;
  auto book = store::GateBook::open(f.data);
  REQUIRE(book);
  const auto mark = [&](const char* service, const char* version, const char* previous, double second) {
    REQUIRE(book->mark({service, version, previous, at(second)}));
  };
  mark("api", "0", "", kNovember - 3 * kDay);
  mark("api", "1", "0", kNovember - 2 * kDay);
  mark("api", "2", "1", kNovember - 900);
  mark("login", "7", "6", kNovember - 1200);
  mark("shop", "9", "8", kNovember - 700);
  mark("api", "1", "2", kNovember + 60);
  mark("api", "3", "1", kNovember + 3600);
  const auto gate = [&](const char* id, const char* phase, double second, const char* verdict, const char* document) {
    REQUIRE(book->put({id, "v2", phase, at(second - 10), at(second), verdict, document, "[]"}));
  };
  gate("a", "baseline", kNovember - 1000, "pass",
       R"({"services":[{"name":"api"}],"notes":["silenced until 2026-11-01T00:30:00Z","something"]})");
  gate("b", "verify", kNovember - 500, "rollback", R"({"services":[]})");
  gate("c", "verify", kNovember - 500, "pass", R"({"services":[{"name":"shop"}]})");
  gate("d", "verify", kNovember - 400, "pass", "no JSON");

  const reports::Incident incident = f.one();
  std::vector<std::string> near;
  for (const reports::IncidentDeployment& one : incident.deployments) {
    near.push_back(one.service.empty() ? one.phase + " " + one.verdict : one.service + " " + one.version);
  }
  CHECK(near ==
        std::vector<std::string>{"login 7", "baseline pass", "api 2", "verify rollback", "verify pass", "api 1"});
  CHECK(told(incident, IncidentMark::deployment) ==
        std::vector<std::string>{"31T23:40:00 login answers with version 7 instead of 6",
                                 "31T23:43:20 the gate's baseline of deployment v2 ends: pass",
                                 "31T23:45:00 api answers with version 2 instead of 1",
                                 "31T23:51:40 the gate's verify of deployment v2 ends: rollback",
                                 "31T23:53:20 the gate's verify of deployment v2 ends: pass",
                                 "01T00:01:00 api answers with version 1 instead of 2"});
  CHECK(told(incident, IncidentMark::maintenance) ==
        std::vector<std::string>{"31T23:43:20 alerts are silenced until 2026-11-01T00:30:00Z for deployment v2"});
}

TEST_CASE("an incident tells the maintenance around it, and the silences for it") {
  Fixture f;
  auto book = store::Book::open(f.data);
  REQUIRE(book);
  REQUIRE(book->add_window(window("", kNovember - 1800, kNovember - 900)));
  REQUIRE(book->add_window(window("api", kNovember, kNovember + 60)));
  REQUIRE(book->add_window(window("shop", kNovember, kNovember + 60)));
  REQUIRE(book->add_window(window("api", kNovember - 3 * 3600, kNovember - 2 * 3600)));
  REQUIRE(f.store->change_alerts(
      {.alerts = {},
       .told = {},
       .silences = {{"alertmanager/0123", "api/2026-11-01T00:00:00Z", "id", at(kNovember + 60)},
                    {"alertmanager/0123", "shop/2026-11-01T00:00:00Z", "id", at(kNovember + 60)}},
       .forget = {}}));
  CHECK(told(f.one(), IncidentMark::maintenance) ==
        std::vector<std::string>{
            "31T23:30:00 planned maintenance of all services begins: upgrade (ops), not left out of the figures",
            "31T23:45:00 alerts of api are silenced for planned maintenance until 2026-11-01T00:01:00Z (alertmanager)",
            "31T23:45:00 planned maintenance of all services ends",
            "01T00:00:00 planned maintenance of api begins: upgrade (ops), not left out of the figures",
            "01T00:01:00 planned maintenance of api ends"});
}

TEST_CASE("an incident over a month's end costs each month its own part, by what is known of it") {
  Fixture f;
  const reports::Incident incident = f.one();
  CHECK(incident.length == 20min);
  std::vector<std::string> costs;
  for (const reports::IncidentCost& cost : incident.costs) costs.push_back(cost.objective + " " + cost.period);
  REQUIRE(costs == std::vector<std::string>{"monthly 2026-10", "monthly 2026-11", "rolling last 2d", "slow 2026-10",
                                            "slow 2026-11"});
  CHECK(incident.costs[0].down == 10min);
  // Of October six hours are known; of November all that is to come may be.
  CHECK(seconds(incident.costs[0].budget) == Approx(0.01 * 6 * 3600).epsilon(0.01));
  CHECK(incident.costs[1].down == 10min);
  CHECK(seconds(incident.costs[1].budget) == Approx(0.01 * 30 * kDay).epsilon(0.001));
  CHECK(incident.costs[2].down == 20min);
  CHECK(incident.costs[3].bad == 10);
  CHECK(incident.costs[3].allowed == Approx(36));
  CHECK(incident.costs[4].bad == 10);
  CHECK(incident.costs[4].allowed == Approx(36));
}

TEST_CASE("the cost of a period that is read in parts is that of the whole") {
  Fixture f;
  const auto costs = f.one().costs;
  store::Reader reader = f.store->reader();
  for (const config::Objective& objective : f.config->objectives) {
    if (objective.name != "monthly") continue;
    const Period october{at(0), at(kNovember)};
    const auto history = load_history({&reader, 1}, *f.config, objective, october);
    REQUIRE(history);
    const auto whole = sla::evaluate(objective, {.period = october, .time_zone = "UTC", .label = {}},
                                     at(kNovember + 6 * 3600), *history, {});
    CHECK(seconds(costs.front().budget) == Approx(whole.uptime->budget.allowed_seconds).margin(1e-5));
    CHECK(costs.front().down == whole.uptime->net.down);
  }
}

TEST_CASE("what an incident's checks were called before is part of its timeline") {
  Fixture f;
  const reports::Incident incident = f.one();
  CHECK(incident.checks == std::vector<std::string>{"gateway"});
  CHECK(told(incident, IncidentMark::failure) ==
        std::vector<std::string>{"31T23:50:00 old-gateway in us-east-1 fails: status not expected",
                                 "31T23:55:00 gateway in us-east-1 fails: status not expected"});
  CHECK(incident.evidence.size() == 10);
}

TEST_CASE("a timeline of too many moments leaves out single failures, and says how many") {
  Fixture f;
  // One check is down all the time, another every other minute: one outage of many runs.
  harness::TempDir other;
  const auto store = std::move(store::Store::open({.data_dir = other.path().string(), .clock = &f.clock}).value());
  const auto config = tests::config_of(R"(
region: us-east-1
services: [{name: api}]
checks:
  - {name: steady, service: api, target: 'http://127.0.0.1/', interval: 1m}
  - {name: flaps, service: api, target: 'http://127.0.0.1/', interval: 1m, thresholds: {warning: 1, critical: 9}}
)");
  for (int minute = 0; minute < 400; ++minute) {
    for (const char* check : {"steady", "flaps"}) {
      Result result;
      result.key = {check, "us-east-1"};
      result.row.start = at(minute * 60);
      result.row.interval = 1min;
      const bool fails = minute < 395 && (check[0] == 's' || minute % 2 == 0);
      if (fails) result.row.reason = result.row.first_reason = Reason::timeout;
      REQUIRE(store->submit(std::move(result)));
    }
  }
  REQUIRE(store->flush());
  IncidentStores stores = std::move(IncidentStores::open({other.path().string()}).value());
  const auto found = find_incident(stores, *config, "api-20261001T000000Z", at(400 * 60));
  REQUIRE(found);
  REQUIRE(*found);
  // Of flaps 198 failures, as many warnings and recoveries; of steady a failure, a warning, a critical, a recovery.
  CHECK((*found)->timeline.size() + (*found)->timeline_left_out == 3 * 198 + 4);
  CHECK((*found)->timeline.size() <= 300);
  CHECK((*found)->timeline_left_out >= 298);
  CHECK(told(**found, IncidentMark::critical).size() == 1);
}

TEST_CASE("an incident that is given up while its cost is worked out is told without, and says so") {
  Fixture f;
  IncidentStores stores = std::move(IncidentStores::open({f.data}).value());
  auto found = name_incident(stores, *f.config, "api-20261031T235000Z", at(kNovember + 6 * 3600));
  REQUIRE(found);
  REQUIRE(*found);
  REQUIRE(add_costs(stores, *f.config, **found, at(kNovember + 6 * 3600), [] { return true; }));
  CHECK((*found)->costs.empty());
  CHECK((*found)->costs_cut);
}

}  // namespace nines::agent
