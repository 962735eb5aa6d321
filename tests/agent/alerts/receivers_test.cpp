// Receivers in turns, with real servers behind them and a clock that is moved by hand.

#include "agent/alerts/receivers.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tests/agent/support.hpp"
#include "tests/harness/alertmanager.hpp"
#include "tests/harness/sink.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

Assessment failing(Time since = system_clock().now()) {
  return {.wrong = {{.identity = "check/x",
                     .labels = {{"alertname", "CheckFailing"}, {"service", "api"}, {"severity", "critical"}},
                     .annotations = {{"summary", "x fails"}},
                     .url = "http://127.0.0.1/",
                     .since = since}},
          .undecided = {}};
}

struct Fixture : tests::MonitorFixture {
  explicit Fixture(const std::string& alerting)
      : MonitorFixture("checks: [{name: api, service: api, target: 'http://127.0.0.1/'}]\nalerting: " + alerting +
                       "\n"),
        spool(*store, clock) {
    clock.set(system_clock().now());
    take_receivers();
  }
  void take_receivers() {
    receivers = make_receivers({config, spool, *store, clock, counts});
    std::vector<std::string> ids;
    for (const auto& receiver : receivers) {
      if (receiver->takes_alerts()) ids.push_back(receiver->id);
    }
    spool.set_receivers(ids);
  }
  // Whether the first receiver took what was due.
  bool turn() { return receivers.front()->turn({}).has_value(); }

  Spool spool;
  AlertCounts counts;
  std::vector<std::unique_ptr<Receiver>> receivers;
};

// The severities of what an Alertmanager has, once it is that many.
std::vector<std::string> severities(const harness::Alertmanager& server, std::size_t count) {
  const Alertmanager client({.url = server.url(), .client = {}});
  std::vector<std::string> all;
  harness::eventually(
      [&] {
        all.clear();
        const auto alerts = client.alerts({});
        if (!alerts) return false;
        for (const KnownAlert& alert : *alerts) all.emplace_back(value_of(alert.labels, "severity"));
        return all.size() == count;
      },
      "Alertmanager has as many alerts");
  return all;
}

}  // namespace

TEST_CASE("an Alertmanager that restarts is told again within half a minute, with the same fingerprint as here") {
  harness::Alertmanager server;
  Fixture f("{alertmanagers: ['" + server.url() + "']}");
  f.spool.update(failing());
  REQUIRE(f.turn());
  CHECK(severities(server, 1) == std::vector<std::string>{"critical"});
  const auto known = Alertmanager({.url = server.url(), .client = {}}).alerts({});
  REQUIRE(known->size() == 1);
  CHECK(known->front().fingerprint == fingerprint_of(failing().wrong[0].labels));
  server.kill();
  server.start();
  REQUIRE(f.turn());
  CHECK(severities(server, 0).empty());
  f.clock.advance(kResend);
  REQUIRE(f.turn());
  CHECK(severities(server, 1) == std::vector<std::string>{"critical"});
  CHECK(f.counts.success == 1);
}

TEST_CASE("an alert that was over before its Alertmanager came back fires there for a minute and is resolved then") {
  harness::Alertmanager server;
  Fixture f("{alertmanagers: ['" + server.url() + "']}");
  server.kill();
  f.clock.set(f.clock.now() - 11min);  // so that the end is past on Alertmanager's clock
  f.spool.update(failing(f.clock.now()));
  CHECK_FALSE(f.turn());
  f.clock.advance(10min);
  f.spool.update({});
  CHECK_FALSE(f.turn());
  CHECK(f.counts.failure == 2);
  server.start();
  REQUIRE(f.turn());
  CHECK(severities(server, 1) == std::vector<std::string>{"critical"});
  f.clock.advance(kFireLate - 1s);
  REQUIRE(f.turn());
  CHECK(severities(server, 1) == std::vector<std::string>{"critical"});
  f.clock.advance(1s);
  REQUIRE(f.turn());
  CHECK(severities(server, 0).empty());
  CHECK(f.counts.success == 2);
}

TEST_CASE("what fires is told to an Alertmanager before its resolve time-out, as long as it fires") {
  const harness::Alertmanager server;
  Fixture f("{alertmanagers: ['" + server.url() + "']}");
  f.spool.update(failing());
  const auto next = f.receivers.front()->turn({});
  REQUIRE(next);
  CHECK(*next <= kResend);
  CHECK(3 * kResend < kValid);
}

TEST_CASE("a message that is refused is sent again until it is taken, and no more after that, over a restart too") {
  harness::Sink sink;
  Fixture f("{webhooks: ['" + sink.url("/hook") + "'], group_wait: 10s, group_interval: 1m}");
  f.spool.update(failing());
  CHECK(f.turn());
  CHECK(sink.taken().empty());  // it waits for more
  f.clock.advance(10s);
  sink.answer(500);
  CHECK_FALSE(f.turn());
  CHECK_FALSE(f.turn());
  sink.answer(200);
  CHECK(f.turn());
  CHECK(f.turn());
  CHECK(sink.taken().size() == 3);
  CHECK(f.counts.failure == 2);
  CHECK(f.counts.success == 1);

  Spool after(*f.store, f.clock);
  REQUIRE(after.restore());
  auto receivers = make_receivers({f.config, after, *f.store, f.clock, f.counts});
  after.set_receivers({receivers.front()->id});
  f.clock.advance(2min);
  CHECK(receivers.front()->turn({}));
  CHECK(sink.taken().size() == 3);
  after.update({});
  f.clock.advance(10s);
  CHECK(receivers.front()->turn({}));
  REQUIRE(sink.taken().size() == 4);
  CHECK(parse_json(sink.taken().back().body)->at("status") == "resolved");
}

TEST_CASE("receivers are named without what their URLs keep secret, and one that is given twice is one") {
  const Fixture f(
      "{alertmanagers: ['http://127.0.0.1:9093', 'http://127.0.0.1:9093/'], webhooks: ['http://127.0.0.1:1/sesame'], "
      "slack: ['http://127.0.0.1:1/sesame']}");
  std::vector<std::string> names;
  for (const auto& receiver : f.receivers) {
    names.push_back(receiver->name);
    CHECK_THAT(receiver->id + receiver->name, !Catch::Contains("sesame"));
  }
  CHECK(names == std::vector<std::string>{"http://127.0.0.1:9093", "silences at http://127.0.0.1:9093",
                                          "webhook at http://127.0.0.1:1", "Slack at http://127.0.0.1:1"});
}

TEST_CASE("a receiver that fails is asked after one second, then two, four and at last every minute") {
  std::vector<int> waits;
  for (int failures = 1; failures <= 8; ++failures) waits.push_back(static_cast<int>(backoff_of(failures).count()));
  CHECK(waits == std::vector{1, 2, 4, 8, 16, 32, 60, 60});
}

}  // namespace nines::agent
