#include "agent/alerts/flapping.hpp"

#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/agent/support.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
using sla::State;
using tests::at;

// Goes from up to the state and back, `gap` seconds between changes, beginning at `from`; returns the last time.
double swing(Flapping& flapping, int changes, double from, double gap, State bad = State::warning) {
  for (int i = 0; i < changes; ++i) {
    const bool down = i % 2 == 0;
    flapping.change(at(from + i * gap), down ? State::up : bad, down ? bad : State::up);
  }
  return from + (changes - 1) * gap;
}

}  // namespace

TEST_CASE("six changes of state within thirty minutes are flapping") {
  struct Row {
    int changes;
    double gap;  // seconds
    bool flaps;
  };
  const std::vector<Row> rows{{5, 10, false}, {6, 10, true},   {7, 10, true},
                              {6, 359, true}, {6, 361, false}, {20, 400, false}};
  for (const Row& row : rows) {
    CAPTURE(row.changes, row.gap);
    Flapping flapping;
    const double last = swing(flapping, row.changes, 0, row.gap);
    CHECK(flapping.flaps(at(last)) == row.flaps);
    CHECK(flapping.flaps(at(last) + kFlapQuiet - 1us) == row.flaps);
    CHECK_FALSE(flapping.flaps(at(last) + kFlapQuiet));
  }
}

TEST_CASE("flapping goes on with each change until fifteen minutes are quiet, and begins anew after that") {
  Flapping flapping;
  double last = swing(flapping, 6, 0, 10);
  CHECK(flapping.since() == at(50));
  flapping.change(at(last + 899), State::up, State::warning);
  last += 899;
  CHECK(flapping.flaps(at(last + 899)));
  CHECK(flapping.since() == at(50));
  CHECK(flapping.changes() == 7);
  CHECK_FALSE(flapping.flaps(at(last + 900)));
  flapping.change(at(last + 901), State::warning, State::up);
  CHECK_FALSE(flapping.flaps(at(last + 901)));
  CHECK(flapping.changes() == 1);
  last = swing(flapping, 5, last + 902, 1);
  CHECK(flapping.flaps(at(last)));
  CHECK(flapping.since() == at(last));
}

TEST_CASE("a flapping check is as bad as the worst state it was in") {
  Flapping flapping;
  swing(flapping, 6, 0, 10);
  CHECK(flapping.worst() == State::warning);
  flapping.change(at(60), State::up, State::warning);
  flapping.change(at(70), State::warning, State::critical);
  flapping.change(at(80), State::critical, State::up);
  CHECK(flapping.worst() == State::critical);
  // Quiet, and warnings only afterwards.
  swing(flapping, 6, 2000, 10);
  CHECK(flapping.flaps(at(2050)));
  CHECK(flapping.worst() == State::warning);
}

TEST_CASE("becoming known or unknown is no change of state") {
  Flapping flapping;
  for (int i = 0; i < 10; ++i) {
    flapping.change(at(i), State::unknown, State::up);
    flapping.change(at(i), State::up, State::unknown);
  }
  CHECK_FALSE(flapping.flaps(at(10)));
}

TEST_CASE("a check that flapped before a restart flaps until fifteen minutes are quiet") {
  Flapping flapping;
  flapping.resume(at(0), State::critical);
  CHECK(flapping.flaps(at(899)));
  CHECK(flapping.worst() == State::critical);
  flapping.change(at(899), State::up, State::warning);
  CHECK(flapping.flaps(at(1700)));
  CHECK_FALSE(flapping.flaps(at(899 + 900)));
}

}  // namespace nines::agent
