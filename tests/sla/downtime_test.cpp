#include "sla/downtime.hpp"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "tests/sla/brute/brute.hpp"
#include "tests/sla/brute/generate.hpp"
#include "tests/sla/drawn.hpp"

namespace nines::sla {
namespace {

using drawn::kMinute;
using drawn::minute;

// Feeds results one by one and notes the counter, in minutes, after each.
struct Live {
  ServiceDowntime downtime{{{"api", kMinute * 5 / 2, 3}}, {}};
  std::string steps;

  void play(std::string_view picture) {
    drawn::Story story;
    for (const ResultRow& row : story.draw("api", "eu", picture).rows) {
      downtime.advance(row.start);
      steps += std::to_string(downtime.down() / kMinute);
      downtime.add("api", row);
    }
  }
};

}  // namespace

TEST_CASE("the downtime counter gains a run's time when it is confirmed, then as it passes") {
  Live live;
  live.play(".xxxxx...");
  CHECK(live.steps == "000034555");
}

TEST_CASE("the downtime counter does not count blips, voids, nor what is past stale_after") {
  Live live;
  live.play(".xx.xxx__________");
  live.downtime.advance(minute(60));
  CHECK(live.downtime.down() == kMinute * 9 / 2);
  CHECK(live.downtime.known() == kMinute * 17 / 2);
}

TEST_CASE("the downtime counter is never reduced by a result that comes in late") {
  Live live;
  live.play(".xxxx");
  live.downtime.advance(minute(6));
  CHECK(live.downtime.down() == kMinute * 5);
  drawn::Story story;
  live.downtime.add("api", story.draw("api", "eu", "_____.").rows[0]);
  live.downtime.advance(minute(7));
  CHECK(live.downtime.down() == kMinute * 5);
  CHECK(live.downtime.known() == kMinute * 7);
}

TEST_CASE("windows known at the start are left out of the downtime counter") {
  config::Maintenance window;
  window.once = Period{minute(2), minute(4)};
  window.service = "shop";
  Live live;
  live.downtime = ServiceDowntime({{"api", kMinute * 5 / 2, 3}}, {window});
  live.play(".xxxxx.");
  CHECK(live.downtime.down() == kMinute * 3);
  CHECK(live.downtime.known() == kMinute * 4);
}

// Generated series of one region, added in the order in which they happen, must end where the plain reading does.
TEST_CASE("the downtime counter ends where the plain reading of the same results does") {
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    brute::Case one = brute::generate(seed);
    one.objective.indicator = config::Indicator::uptime;
    one.objective.target = {config::Comparison::greater_equal, Decimal(9, 1), {}};
    one.objective.combine = config::Combine::any;
    one.objective.hours.reset();
    one.objective.min_regions = 1;
    one.objective.regions = one.regions = {"eu"};
    one.objective.checks.clear();
    one.objective.journeys.clear();
    one.history.clock_steps.clear();
    std::erase_if(one.history.series, [](const Series& s) { return s.key.region != "eu"; });
    std::erase_if(one.history.maintenance, [](const auto& window) { return window.service == "b"; });
    const Time start = *parse_time("2026-01-01T00:00:00Z");
    std::vector<ServiceDowntime::CheckSettings> checks;
    std::vector<std::pair<ResultRow, std::string>> results;
    for (Series& series : one.history.series) {
      series.uplink = false;
      series.settings.resize(1);
      series.settings[0].service = "a";
      series.settings[0].from = start;
      if (std::ranges::find(one.objective.checks, series.key.check) != one.objective.checks.end()) continue;
      one.objective.checks.push_back(series.key.check);
      const int confirm_after = one.objective.confirm_after.value_or(series.settings[0].warning);
      checks.push_back({series.key.check, series.settings[0].stale_after, confirm_after});
      std::erase_if(series.rows, [](const ResultRow& row) { return row.origin != Origin::scheduled; });
      for (const ResultRow& row : series.rows) results.emplace_back(row, series.key.check);
    }
    if (results.empty()) continue;
    std::ranges::sort(results, {}, [](const auto& r) { return std::pair(r.first.start, r.second); });
    const Time end = results.back().first.start + std::chrono::hours(24);
    one.period.period = {results.front().first.start - std::chrono::hours(1), end};
    one.as_of = end;
    ServiceDowntime downtime(checks, one.history.maintenance);
    Micros before{0};
    for (const auto& [row, check] : results) {
      downtime.advance(row.start);
      CHECK(downtime.down() >= before);
      before = downtime.down();
      downtime.add(check, row);
    }
    downtime.advance(end);
    const UptimeTimes plain =
        brute::evaluate(one.objective, one.period, one.as_of, one.history, one.regions).uptime->net;
    CAPTURE(seed);
    REQUIRE(downtime.down() == plain.down);
    REQUIRE(downtime.known() == plain.up + plain.down);
  }
}

}  // namespace nines::sla
