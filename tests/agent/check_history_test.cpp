// How a check went, as its page tells it.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "agent/objectives.hpp"
#include "agent/pages/check_page.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {

using namespace std::chrono_literals;
using tests::at;

TEST_CASE("how a check went is told of what is stored, and of nothing nothing") {
  harness::TempDir dir;
  const auto config = tests::config_of(R"(
region: us-east-1
services: [{name: api, priority: P1}]
checks:
  - {name: gateway, service: api, target: 'http://127.0.0.1/', interval: 30s, formerly: [door]}
  - {name: slow, service: api, target: 'http://127.0.0.1/', interval: 10m}
)");
  test::ManualClock clock{at(40 * 86'400.0)};
  auto store = std::move(store::Store::open({.data_dir = dir.path().string(), .clock = &clock}).value());
  REQUIRE(store->record_settings(settings_of(*config, at(0))));
  const auto add = [&](double second, bool success) {
    Result result;
    result.key = {"gateway", "us-east-1"};
    result.row.start = at(second);
    result.row.duration = 5ms;
    result.row.interval = 30s;
    if (!success) {
      result.row.reason = result.row.first_reason = Reason::connect_refused;
      result.evidence.message = fmt::format("refused at {}", second);
    }
    REQUIRE(store->submit(std::move(result)));
  };
  for (int i = 0; i < 100; ++i) add(i * 30, true);
  const double late = 39.5 * 86'400;
  for (int i = 0; i < 20; ++i) add(late + i * 30, i < 5 || i >= 9);
  REQUIRE(store->flush());
  REQUIRE(store->tidy());
  store::Reader reader = store->reader();
  const config::Schedule& schedule = config->checks[0].schedule;
  const auto history = read_check_history(reader, *config, schedule, false, at(40 * 86'400.0));
  REQUIRE(history);
  REQUIRE(history->uptime);
  CHECK(history->uptime->evaluation.period.label == "last 40 days");
  CHECK(history->uptime->evaluation.uptime->net.down == 120s);
  CHECK(history->uptime->evaluation.uptime->net.up == 3045s + 525s);
  REQUIRE(history->recent);
  CHECK(history->recent->evaluation.uptime->outages.size() == 1);
  REQUIRE(history->latency);
  CHECK(history->latency->evaluation.latency->samples == 16);
  CHECK(history->latency->detail.p95 == 5ms);
  REQUIRE(history->failure);
  CHECK(history->failure->at == at(late + 8 * 30));
  CHECK(history->failure->evidence.message == fmt::format("refused at {}", late + 8 * 30));

  const auto none = read_check_history(reader, *config, config->checks[1].schedule, false, at(40 * 86'400.0));
  REQUIRE(none);
  CHECK_FALSE(none->uptime);
  CHECK_FALSE(none->latency);
  CHECK_FALSE(none->failure);
}

TEST_CASE("the strictest latency that an objective wants of a check is its target") {
  const auto config = tests::config_of(R"(
services: [{name: api, priority: P1}]
checks:
  - {name: a, service: api, target: 'http://127.0.0.1/'}
  - {name: b, service: api, target: 'http://127.0.0.1/'}
objectives:
  - {name: slow, checks: [a], indicator: latency, percentile: 95, target: '< 1s'}
  - {name: fast, checks: [a], indicator: latency, percentile: 99, target: '< 500ms'}
  - {name: up, service: api, indicator: uptime, target: '99.9%'}
)");
  REQUIRE(latency_target_of(*config, "a"));
  CHECK(latency_target_of(*config, "a")->objective == "fast");
  CHECK_FALSE(latency_target_of(*config, "b"));
}

}  // namespace nines::agent
