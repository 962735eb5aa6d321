// Uptime by the summaries of hours is uptime by every result.

#include "agent/pages/hourly_source.hpp"

#include <random>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "agent/objectives.hpp"
#include "agent/pages/check_page.hpp"
#include "reports/over_time.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
using tests::at;

constexpr const char* kConfig = R"(
region: us-east-1
services: [{name: api, priority: P1}]
checks:
  - {name: gateway, service: api, target: 'http://127.0.0.1/', interval: 30s, formerly: [door]}
  - {name: slow, service: api, target: 'http://127.0.0.1/', interval: 10m, stale_after: 12m}
  - {name: uplink, service: net, target: 'http://127.0.0.1/', interval: 1m, uplink: true}
journeys:
  - {name: buy, service: api, base_url: 'http://127.0.0.1', interval: 2m, steps: [{name: login, post: /login}]}
maintenance:
  - {service: api, from: 2026-10-01T05:10:00Z, to: 2026-10-01T05:40:00Z, reason: upgrade, author: ops}
)";

constexpr int kHours = 40;
constexpr double kEnd = kHours * 3600.0;

// Every other one has none: without one, failures are told by some of them.
std::string with_uplink(unsigned seed) {
  std::string text = kConfig;
  const std::size_t at = text.find("  - {name: uplink");
  if (seed % 2 == 1) text.erase(at, text.find('\n', at) + 1 - at);
  return text;
}

struct Drawn {
  explicit Drawn(unsigned seed) : draw(seed), config(tests::config_of(with_uplink(seed))) {
    // Settings of before, under the name of before; none stored at all of some.
    if (seed % 3 != 0) {
      std::vector<store::SettingsEntry> before = settings_of(*config, at(3600));
      before[0].check = "door";
      if (seed % 4 < 2) before[0].stale_after = 31s;
      REQUIRE(store->record_settings(before));
      REQUIRE(store->record_settings(settings_of(*config, at(20 * 3600.0 + 1234))));
    }
    fill("door", 30s, 0, kEnd / 2);
    fill("gateway", 30s, kEnd / 2, kEnd);
    fill("slow", 10min, 0, kEnd);
    if (config->checks.size() > 2) fill("uplink", 1min, 0, kEnd);
    fill("buy", 2min, 0, kEnd);
    store->submit_clock_step({"us-east-1", at(7 * 3600.0 + 900), 5s});
    store->submit_clock_step({"us-east-1", at(30 * 3600.0), 5s});
    store->submit_clock_step({"eu-west-1", at(9 * 3600.0 + 900), 5s});
    REQUIRE(store->flush());
    REQUIRE(store->tidy());  // hours that are over are sealed
  }

  bool one_in(int n) { return std::uniform_int_distribution(1, n)(draw) == 1; }

  void fill(const std::string& check, Micros interval, double from, double to) {
    enum { well, bad, gone, unable } mood = well;
    for (Time start = at(from); start < at(to); start += interval) {
      if (mood != well || one_in(300)) mood = one_in(8) ? well : one_in(3) ? gone : one_in(4) ? unable : bad;
      if (mood == gone) continue;
      Result result;
      result.key = {check, "us-east-1"};
      result.row.start = start + Micros(std::uniform_int_distribution(0, one_in(40) ? 29'000'000 : 200'000)(draw));
      result.row.duration = one_in(200) ? 50s : 5ms;
      result.row.interval = one_in(2000) ? 17s : interval;
      if (mood == bad || one_in(500)) result.row.reason = Reason::connect_refused;
      if (mood == unable) result.row.reason = Reason::agent_network;
      result.row.first_reason = result.row.reason;
      if (one_in(1500)) {
        result.row.attempts = 2;
        result.row.first_reason = Reason::connect_reset;
      }
      if (one_in(1500)) result.row.origin = Origin::gate;
      REQUIRE(store->submit(std::move(result)));
    }
  }

  std::mt19937 draw;
  harness::TempDir dir;
  std::shared_ptr<const config::Config> config;
  test::ManualClock clock{at(kEnd)};
  std::unique_ptr<store::Store> store =
      std::move(store::Store::open({.data_dir = dir.path().string(), .clock = &clock}).value());
};

config::Objective uptime_of(const std::string& name, bool journey) {
  config::Objective objective;
  objective.name = name;
  (journey ? objective.journeys : objective.checks) = {name};
  objective.target = {config::Comparison::greater_equal, Decimal(1, 0), "100%"};
  objective.regions = {"us-east-1"};
  return objective;
}

struct Looked {
  sla::Evaluation evaluation;
  std::vector<reports::StripCell> strip;
  std::size_t rows = 0;
};

Looked look(HistorySource& source, const config::Config& config, const config::Objective& objective,
            const Period& period) {
  HistorySource* const sources[] = {&source};
  const auto history = load_history(Sources(sources), config, objective, period);
  REQUIRE(history);
  const sla::ReportPeriod whole{period, "UTC", "x"};
  const auto subject = sla::make_subject(objective, period, period.to, *history, objective.regions);
  Looked looked{sla::evaluate(subject, whole, period.to), {}, 0};
  looked.strip = reports::over_time(subject, looked.evaluation).strip;
  for (const sla::Series& series : history->series) looked.rows += series.rows.size();
  return looked;
}

}  // namespace

TEST_CASE("uptime by the summaries of hours is the uptime of all results, to the microsecond") {
  const unsigned seed = GENERATE(range(1U, 13U));
  CAPTURE(seed);
  Drawn drawn(seed);
  store::Reader reader = drawn.store->reader();
  StoreSource exact(reader);
  HourlySource hourly(reader, *drawn.config);
  std::size_t down = 0;
  for (const auto& [name, journey] : {std::pair("gateway", false), {"slow", false}, {"uplink", false}, {"buy", true}}) {
    if (drawn.config->checks.size() < 3 && std::string_view(name) == "uplink") continue;
    const config::Objective objective = uptime_of(name, journey);
    for (int i = 0; i < 8; ++i) {
      const auto moment = [&] { return std::uniform_real_distribution(0.0, kEnd)(drawn.draw); };
      const double a = i == 0 ? 0 : moment();
      const double b = i == 0 ? kEnd : moment();
      const Period period{at(std::min(a, b)), at(std::max(a, b))};
      CAPTURE(name, format_time(period.from), format_time(period.to));
      const Looked all = look(exact, *drawn.config, objective, period);
      HourlySource late(reader, *drawn.config, at(kEnd / 3 * 2 + i));
      const Looked some = look(i % 2 == 0 ? hourly : late, *drawn.config, objective, period);
      CHECK(some.evaluation.uptime->net == all.evaluation.uptime->net);
      CHECK(some.evaluation.uptime->gross == all.evaluation.uptime->gross);
      CHECK(some.evaluation.uptime->strict == all.evaluation.uptime->strict);
      CHECK(some.rows <= all.rows);
      REQUIRE(some.evaluation.uptime->outages.size() == all.evaluation.uptime->outages.size());
      for (std::size_t n = 0; n < all.evaluation.uptime->outages.size(); ++n) {
        const sla::Outage& one = some.evaluation.uptime->outages[n];
        const sla::Outage& other = all.evaluation.uptime->outages[n];
        CHECK(one.extent == other.extent);
        CHECK(one.length == other.length);
        CHECK(one.reason == other.reason);
        CHECK(one.ended() == other.ended());
      }
      REQUIRE(some.strip.size() == all.strip.size());
      for (std::size_t n = 0; n < all.strip.size(); ++n) CHECK(some.strip[n].times == all.strip[n].times);
      down += all.evaluation.uptime->outages.size();
    }
  }
  CHECK(down > 0);
}

TEST_CASE("an hour that went well is two results, whatever its interval") {
  harness::TempDir dir;
  const auto config = tests::config_of(kConfig);
  test::ManualClock clock{at(48 * 3600.0)};
  auto store = std::move(store::Store::open({.data_dir = dir.path().string(), .clock = &clock}).value());
  REQUIRE(store->record_settings(settings_of(*config, at(0))));
  for (int second = 0; second < 24 * 3600; second += 30) {
    Result result;
    result.key = {"gateway", "us-east-1"};
    result.row.start = at(second);
    result.row.duration = 5ms;
    result.row.interval = 30s;
    REQUIRE(store->submit(std::move(result)));
  }
  REQUIRE(store->flush());
  REQUIRE(store->tidy());
  store::Reader reader = store->reader();
  const auto rows = HourlySource(reader, *config).rows({"gateway", "us-east-1"}, {at(0), at(24 * 3600.0)});
  REQUIRE(rows);
  CHECK(rows->size() == 48);
  CHECK((*rows)[0].duration == 3570s);
  CHECK((*rows)[1].start == at(3570));
}

TEST_CASE("an hour whose last result took longer than it would speak for is told as it is") {
  harness::TempDir dir;
  const auto config = tests::config_of(kConfig);
  test::ManualClock clock{at(48 * 3600.0)};
  auto store = std::move(store::Store::open({.data_dir = dir.path().string(), .clock = &clock}).value());
  REQUIRE(store->record_settings(settings_of(*config, at(0))));
  for (int second = 0; second < 3600; second += 30) {
    Result result;
    result.key = {"gateway", "us-east-1"};
    result.row.start = at(second);
    result.row.duration = second == 3570 ? 20min : 5ms;
    result.row.interval = 30s;
    REQUIRE(store->submit(std::move(result)));
  }
  REQUIRE(store->flush());
  REQUIRE(store->tidy());
  store::Reader reader = store->reader();
  HourlySource hourly(reader, *config);
  const Looked looked = look(hourly, *config, uptime_of("gateway", false), {at(0), at(2 * 3600.0)});
  CHECK(looked.evaluation.uptime->net.up == 3570s + 20min);
}

TEST_CASE("how a check went is told of what is stored, and of nothing nothing") {
  harness::TempDir dir;
  const auto config = tests::config_of(kConfig);
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
