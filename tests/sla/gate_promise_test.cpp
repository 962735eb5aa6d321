// What docs/gate.md promises of noise and power, over thousands of drawn gates of six minutes: one check, one probe a
// second, judged at each whole minute as a real one is.

#include <cmath>
#include <functional>
#include <random>

#include <catch2/catch.hpp>

#include "sla/gate/trial.hpp"

using namespace nines;
using namespace nines::sla::gate;
using namespace std::chrono_literals;

namespace {

using Random = std::mt19937_64;
using Draw = std::function<ResultRow(Random&)>;

// The library's own distributions are not the same everywhere.
double uniform(Random& random) {
  return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
}
double normal(Random& random) {
  return std::sqrt(-2 * std::log(uniform(random))) * std::cos(2 * M_PI * uniform(random));
}

ResultRow answer(double milliseconds, bool failed = false, int status = 200) {
  ResultRow row;
  row.duration = Micros(std::llround(milliseconds * 1000));
  row.reason = failed ? Reason::http_status : Reason::none;
  row.status = static_cast<std::int16_t>(status);
  return row;
}

// Latencies of a median of 80 ms whose logarithm has this deviation.
Draw service(double sigma, double errors = 0, double slower = 1) {
  return [=](Random& random) {
    return answer(80 * slower * std::exp(sigma * normal(random)), uniform(random) < errors, 200);
  };
}
Draw with_tail(double sigma, double share, double factor) {
  return [=](Random& random) {
    return answer(80 * std::exp(sigma * normal(random)) * (uniform(random) < share ? factor : 1));
  };
}

bool rolls_back(Random& random, const Draw& before, const Draw& after, int baseline_results) {
  Sample baseline;
  for (int i = 0; i < baseline_results; ++i) baseline.add(before(random));
  const Time begin(24h * 365 * 50);
  Trial trial({{"web", "s", false, baseline, {}}}, {}, begin);
  for (int minute = 1; minute <= 6; ++minute) {
    for (int i = 0; i < 60; ++i) {
      ResultRow row = after(random);
      row.start = begin + ((minute - 1) * 60 + i) * 1s;
      trial.add(0, row);
      if (trial.unhealthy()) return true;
    }
    if (trial.judge(begin + minute * 60s, minute == 6, {}).verdict == Verdict::rollback) return true;
  }
  return false;
}

double share_rolled_back(const Draw& before, const Draw& after, int baseline_results, int gates) {
  Random random(20261001);
  int rolled_back = 0;
  for (int i = 0; i < gates; ++i) rolled_back += rolls_back(random, before, after, baseline_results) ? 1 : 0;
  return static_cast<double>(rolled_back) / gates;
}

}  // namespace

TEST_CASE("with no change fewer than 2 % of gates say roll back") {
  const auto [name, draw, baseline] = GENERATE(table<const char*, Draw, int>({
      {"even latencies", service(0.2), 60},
      {"usual latencies", service(0.5), 60},
      {"wide latencies", service(1.0), 60},
      {"few samples", service(0.5), 20},
      {"one error in a thousand", service(0.3, 0.001), 60},
      {"one error in two hundred", service(0.3, 0.005), 120},
      {"a tail of its own", with_tail(0.2, 0.05, 5), 60},
  }));
  CAPTURE(name);
  const double share = share_rolled_back(draw, draw, baseline, 400);
  CAPTURE(share);
  CHECK(share < 0.02);
}

TEST_CASE("5 % errors from none, and a p95 doubled, are found in more than 95 % of gates against 60 results") {
  const auto [name, after] = GENERATE(table<const char*, Draw>({
      {"5 % errors", service(0.3, 0.05)},
      {"twice as slow", service(0.3, 0, 2)},
      {"twice as slow, wide", service(0.5, 0, 2)},
  }));
  CAPTURE(name);
  const double sigma = std::string_view(name).ends_with("wide") ? 0.5 : 0.3;
  const double share = share_rolled_back(service(sigma), after, 60, 300);
  CAPTURE(share);
  CHECK(share > 0.95);
}

TEST_CASE("one request in ten five times slower is found in more than 90 % of gates against 120 results") {
  const double share = share_rolled_back(service(0.3), with_tail(0.3, 0.1, 5), 120, 300);
  CAPTURE(share);
  CHECK(share > 0.90);
}
