// Incidents are found by the summaries of hours: what is found is what the whole history holds.

#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "agent/incidents/incidents.hpp"
#include "agent/objectives.hpp"
#include "sla/evaluate.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
using tests::at;

constexpr const char* kConfig = R"(
region: us-east-1
services: [{name: api, priority: P1}]
checks:
  - {name: gateway, service: api, target: 'http://127.0.0.1/', interval: 30s}
  - {name: slow, service: api, target: 'http://127.0.0.1/', interval: 10m, thresholds: {warning: 2, critical: 3}}
journeys:
  - {name: buy, service: api, base_url: 'http://127.0.0.1', interval: 2m, steps: [{name: login, post: /login}]}
)";

constexpr int kHours = 30;

struct Drawn {
  explicit Drawn(unsigned seed) : draw(seed) {
    if (seed % 2 == 0) REQUIRE(store->record_settings(settings_of(*config, at(0))));
    for (const char* region : {"us-east-1", "eu-west-1"}) {
      fill("gateway", region, 30s);
      fill("slow", region, 10min);
      fill("buy", region, 2min);
    }
    REQUIRE(store->flush());
    REQUIRE(store->tidy());  // hours that are over are sealed
  }

  bool one_in(int n) { return std::uniform_int_distribution(1, n)(draw) == 1; }

  // Mostly well; at times bad, gone, or not able to probe.
  void fill(const std::string& check, const std::string& region, Micros interval) {
    enum { well, bad, gone, unable } mood = well;
    for (Time start = at(0); start < at(kHours * 3600.0); start += interval) {
      if (one_in(60)) mood = one_in(2) ? well : one_in(3) ? gone : one_in(4) ? unable : bad;
      if (mood == gone) continue;
      Result result;
      result.key = {check, region};
      result.row.start = start + Micros(std::uniform_int_distribution(0, 900'000)(draw));
      result.row.duration = 5ms;
      result.row.interval = interval;
      if (mood == bad || one_in(80)) result.row.reason = Reason::connect_refused;
      if (mood == unable || one_in(80)) result.row.reason = Reason::agent_network;
      result.row.first_reason = result.row.reason;
      REQUIRE(store->submit(std::move(result)));
    }
  }

  std::mt19937 draw;
  harness::TempDir dir;
  std::shared_ptr<const config::Config> config = tests::config_of(kConfig);
  test::ManualClock clock{at(kHours * 3600.0)};
  std::unique_ptr<store::Store> store =
      std::move(store::Store::open({.data_dir = dir.path().string(), .clock = &clock}).value());
};

using Set = std::set<std::tuple<std::string, Time, Time, Micros, bool, bool>>;

// By one look at all of the period.
Set whole(Drawn& drawn, const Period& period, Time as_of) {
  Set all;
  store::Reader reader = drawn.store->reader();
  for (const IncidentSubject& subject : incident_subjects(*drawn.config)) {
    const config::Objective objective = incident_objective(subject);
    const auto history = load_history({&reader, 1}, *drawn.config, objective, period);
    REQUIRE(history);
    const auto evaluation =
        sla::evaluate(objective, {.period = period, .time_zone = "UTC", .label = {}}, as_of, *history, {});
    for (const sla::Outage& one : evaluation.uptime->outages) {
      all.emplace(incident_id(subject, one.extent.from), one.extent.from, one.extent.to, one.length, one.ongoing,
                  one.ended());
    }
  }
  return all;
}

}  // namespace

TEST_CASE("what is found by summaries is what one look at everything finds") {
  const unsigned seed = GENERATE(1U, 2U, 3U, 4U, 5U, 6U);
  CAPTURE(seed);
  Drawn drawn(seed);
  IncidentStores stores = std::move(IncidentStores::open({drawn.dir.path().string()}).value());
  const Time end = at(kHours * 3600.0);
  std::size_t seen = 0;
  for (int i = 0; i < 12; ++i) {
    const auto minute = [&] { return std::uniform_int_distribution(0, kHours * 60)(drawn.draw) * 60.0; };
    const double a = i == 0 ? 0 : minute();
    const double b = i == 0 ? kHours * 3600.0 : minute();
    if (a == b) continue;
    const Period period{at(std::min(a, b)), at(std::max(a, b))};
    CAPTURE(format_time(period.from), format_time(period.to));
    const auto found = find_incidents(stores, *drawn.config, {.period = period, .as_of = end});
    REQUIRE(found);
    Set all;
    for (const reports::Incident& one : *found) {
      all.emplace(one.id, one.extent.from, one.extent.to, one.length, one.ongoing, one.ended);
    }
    CHECK(all.size() == found->size());
    CHECK(all == whole(drawn, period, end));
    seen += all.size();
  }
  CHECK(seen > 20);
}

TEST_CASE("a search that is given up says so") {
  Drawn drawn(1);
  IncidentStores stores = std::move(IncidentStores::open({drawn.dir.path().string()}).value());
  const Period period{at(0), at(kHours * 3600.0)};
  const auto found = find_incidents(
      stores, *drawn.config, {.period = period, .as_of = period.to, .service = {}, .give_up = [] { return true; }});
  REQUIRE_FALSE(found);
  CHECK_THAT(found.error().message, Catch::Contains("takes too long"));
}

}  // namespace nines::agent
