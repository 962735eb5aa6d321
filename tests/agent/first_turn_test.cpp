#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "agent/probe_thread.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {

using namespace std::chrono_literals;

namespace {

config::Schedule schedule_of(const std::string& name, Micros interval) {
  config::Schedule schedule;
  schedule.name = name;
  schedule.interval = interval;
  return schedule;
}

Micros phase_of(Time turn, Micros interval) {
  return turn.time_since_epoch() % interval;
}

}  // namespace

TEST_CASE("a first turn is the first one at or after now, less than an interval away, at the name's phase") {
  const Micros intervals[] = {1s, 7s, 15s, 30s, 1min, 1h, 24h, Micros(333'333)};
  for (int i = 0; i < 200; ++i) {
    for (const Micros interval : intervals) {
      const auto schedule = schedule_of(fmt::format("check-{}", i), interval);
      const Time now = tests::at(i * 1234.567891);
      const Time turn = first_turn(schedule, now);
      CAPTURE(i, interval.count());
      REQUIRE(turn >= now);
      REQUIRE(turn - now < interval);
      // A restart at any moment keeps the phase.
      REQUIRE(phase_of(first_turn(schedule, now + 12345ms), interval) == phase_of(turn, interval));
      // Somebody who asks at the turn is given this one, and just after it the next.
      REQUIRE(first_turn(schedule, turn) == turn);
      REQUIRE(first_turn(schedule, turn + Micros(1)) == turn + interval);
    }
  }
}

TEST_CASE("the first turns of a thousand names spread evenly over the interval") {
  constexpr int kSlots = 10;
  std::vector<int> slots(kSlots);
  for (int i = 0; i < 1000; ++i) {
    const Time turn = first_turn(schedule_of(fmt::format("service-{}-health", i), 30s), tests::at(0));
    ++slots[static_cast<std::size_t>((turn - tests::at(0)) / 3s)];
  }
  // 100 are expected in each; 65 and 135 are 3.7 standard deviations away.
  CHECK(std::ranges::min(slots) > 65);
  CHECK(std::ranges::max(slots) < 135);
}

}  // namespace nines::agent
