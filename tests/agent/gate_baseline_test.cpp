// What a gate is asked, and what its baseline is taken from.

#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/gate/baseline.hpp"
#include "agent/gate/deployments.hpp"
#include "agent/gate/request.hpp"
#include "base/json.hpp"
#include "tests/agent/support.hpp"

using namespace nines;
using namespace nines::agent;
using namespace nines::agent::tests;
using namespace std::chrono_literals;

TEST_CASE("a request survives its way to an agent") {
  GateRequest request;
  request.deployment = "v1.4.2";
  request.services = {"api", "shop"};
  request.length = 90s;
  request.every = 250ms;
  request.expect_version = "1.4.2";
  request.rules = {.min_samples = 4, .min_journey_samples = 4, .accept_bad_baseline = true};
  request.rollback_on = sla::gate::RollbackOn::triggers;
  const auto read = read_gate_request(gate_request_json(request));
  REQUIRE(read);
  CHECK(gate_request_json(*read) == gate_request_json(request));
  CHECK(read->length == 90s);
  CHECK(read->rules.min_journey_samples == 4);

  request.phase = GatePhase::baseline;
  request.same_hour = 7 * 24h;
  const auto baseline = read_gate_request(gate_request_json(request));
  REQUIRE(baseline);
  CHECK(baseline->same_hour == 7 * 24h);
}

TEST_CASE("a baseline is taken from the lookback, or from the coming hour on days before") {
  GateRequest request;
  CHECK(baseline_periods(request, at(0)) == std::vector<Period>{{at(-1800), at(0)}});
  request.same_hour = 2 * 24h;
  CHECK(baseline_periods(request, at(0)) ==
        std::vector<Period>{{at(-2 * 86400), at(-2 * 86400 + 3600)}, {at(-86400), at(-86400 + 3600)}});
}

TEST_CASE("results before the last change of version and from maintenance are left out") {
  MonitorFixture fixture(R"(
region: test
checks: [{name: web, service: shop, interval: 1m, target: 'http://127.0.0.1:1/', http: {}}]
maintenance: [{service: shop, from: 2026-10-01T00:30:00Z, to: 2026-10-01T00:40:00Z, reason: r, author: a}]
)");
  for (int minute = 0; minute < 60; ++minute) {
    fixture.store->submit(success_of(fixture.schedule("web"), at(minute * 60)).result);
  }
  REQUIRE(fixture.store->flush());
  auto reader = fixture.store->reader();
  const auto results = [&](const std::vector<store::DeploymentMark>& marks) {
    const std::vector<Period> periods = {{at(600), at(3600)}};
    const std::vector<const config::Schedule*> schedules = {&fixture.schedule("web")};
    const auto samples = read_samples(reader, *fixture.config, schedules, marks, periods);
    REQUIRE(samples);
    CHECK(samples->front().service == "shop");
    return samples->front().baseline.results;
  };
  CHECK(results({}) == 40);
  CHECK(results({{"shop", "1", "", at(1200)}}) == 40);  // the first that was seen is no change
  CHECK(results({{"shop", "2", "1", at(1200)}}) == 30);
  CHECK(results({{"other", "2", "1", at(1200)}}) == 40);

  auto book = store::Book::open(fixture.dir.path());
  REQUIRE(book);
  const auto enter = [&](const std::string& service, Time from, Time to) {
    store::WindowEntry window;
    window.service = service;
    window.once = {from, to};
    window.reason = "r";
    window.author = "a";
    window.excluded = false;
    window.entered = at(3600);
    const auto id = book->add_window(window);
    REQUIRE(id);
    return *id;
  };
  enter("other", at(600), at(3600));
  CHECK(results({}) == 40);
  const auto by_hand = enter("shop", at(2700), at(3600));
  CHECK(results({}) == 25);
  REQUIRE(book->remove_window(by_hand, {at(3000), "a", "over early", false}));
  CHECK(results({}) == 35);
  enter("", at(0), at(3600));
  CHECK(results({}) == 0);
}

TEST_CASE("the samples of a baseline survive the store") {
  sla::gate::CheckSamples check{"web", "shop", true, {}, {}};
  ResultRow row;
  row.duration = 20ms;
  check.baseline.add(row);
  row.duration = 10ms;
  row.status = 503;
  check.baseline.add(row);
  row.reason = Reason::http_status;
  check.baseline.add(row);
  check.baseline.sort();
  const auto read = read_inputs(write_inputs({{check}, {{"http://127.0.0.1:9093", "id", "shop", "ops", at(60)}}}));
  REQUIRE(read);
  CHECK(read->checks.front().baseline == check.baseline);
  CHECK(read->checks.front().journey);
  CHECK(read->silences.front() == OpenSilence{"http://127.0.0.1:9093", "id", "shop", "ops", at(60)});
  CHECK_FALSE(read_inputs("{}"));
}

TEST_CASE("a version marks a deployment when it was read three times running") {
  const harness::TempDir directory;
  const std::string dir = (directory.path() / "data").string();
  REQUIRE(store::GateBook::open(dir));
  {
    Deployments deployments(dir, {{"shop", "1", "", at(0)}});
    const auto version = [&] { return deployments.current().front().version; };
    deployments.saw("web", "shop", "2", at(10));
    deployments.saw("web", "shop", "1", at(20));
    deployments.saw("web", "shop", "2", at(30));
    deployments.saw("web", "shop", "2", at(40));
    CHECK(version() == "1");
    deployments.saw("web", "shop", "2", at(50));
    CHECK(version() == "2");
    deployments.saw("web", "shop", "2", at(60));
  }
  CHECK(*Deployments::stored(dir) == std::vector<store::DeploymentMark>{{"shop", "2", "1", at(30)}});
}
