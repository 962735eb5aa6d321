#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include <catch2/catch.hpp>

#include "sla/budget.hpp"
#include "sla/evaluate.hpp"
#include "tests/sla/brute/brute.hpp"
#include "tests/sla/brute/generate.hpp"

namespace nines::sla {
namespace {

std::string difference(const brute::Case& one) {
  const Evaluation plain = brute::evaluate(one.objective, one.period, one.as_of, one.history, one.regions);
  const Evaluation fast = evaluate(one.objective, one.period, one.as_of, one.history, one.regions);
  return brute::difference(plain, fast);
}

bool differs(const brute::Case& one) {
  return !difference(one).empty();
}

// NINES_SLA_CASES asks for more.
std::uint64_t cases() {
  const char* wanted = std::getenv("NINES_SLA_CASES");
  return wanted == nullptr ? 3000 : std::strtoull(wanted, nullptr, 10);
}

}  // namespace

TEST_CASE("the plain and the fast reading of sla.md say the same of every generated case") {
  for (std::uint64_t seed = 1; seed <= cases(); ++seed) {
    const brute::Case one = brute::generate(seed);
    if (!differs(one)) continue;
    const brute::Case smallest = brute::shrunk(one, differs);
    FAIL("seed " << seed << ": " << difference(smallest) << "\n" << brute::describe(smallest));
  }
}

TEST_CASE("up, down, unknown and excluded time make the period, and the order of rows and series does not matter") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    brute::Case one = brute::generate(seed);
    one.objective.indicator = config::Indicator::uptime;
    const Evaluation before = evaluate(one.objective, one.period, one.as_of, one.history, one.regions);
    const Period& period = one.period.period;
    const Time end = std::max(period.from, std::min(period.to, one.as_of));
    for (const UptimeTimes& times : {before.uptime->net, before.uptime->gross, before.uptime->strict}) {
      REQUIRE(times.up + times.down + times.unknown + times.excluded == end - period.from);
    }
    brute::Dice dice(seed);
    for (Series& series : one.history.series) {
      for (std::size_t i = series.rows.size(); i > 1; --i) {
        std::swap(series.rows[i - 1], series.rows[dice.next() % i]);
      }
    }
    std::reverse(one.history.series.begin(), one.history.series.end());
    const Evaluation after = evaluate(one.objective, one.period, one.as_of, one.history, one.regions);
    CAPTURE(seed);
    REQUIRE(brute::difference(before, after).empty());
  }
}

TEST_CASE("a burn rate is the plain reading's bad ratio over the window, by what is allowed") {
  const std::vector<Micros> windows{std::chrono::minutes(5), std::chrono::minutes(30), std::chrono::hours(1),
                                    std::chrono::hours(6), std::chrono::hours(72)};
  int known = 0;
  int bad_ones = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const brute::Case one = brute::generate(seed);
    // While results are there: at the end of the period as often as not there are none.
    const Time as_of = one.period.period.to;
    const auto rates = burn_rates(one.objective, windows, as_of, one.history, one.regions);
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const ReportPeriod window{{as_of - windows[i], as_of}, "UTC", "window"};
      const Evaluation plain = brute::evaluate(one.objective, window, as_of, one.history, one.regions);
      Ratio bad;
      if (plain.uptime) bad = {plain.uptime->net.down.count(), (plain.uptime->net.up + plain.uptime->net.down).count()};
      if (plain.latency) bad = {plain.latency->bad, plain.latency->samples};
      if (plain.error_rate) bad = {plain.error_rate->errors, plain.error_rate->samples};
      const Decimal allowed = allowed_ratio(one.objective);
      CAPTURE(seed, i);
      REQUIRE(rates[i].has_value() == bad.known());
      if (!bad.known()) continue;
      ++known;
      bad_ones += bad.part > 0 ? 1 : 0;
      if (bad.part == 0) {
        REQUIRE(*rates[i] == 0.0);
      } else if (allowed.numerator() == 0) {
        REQUIRE(std::isinf(*rates[i]));
      } else {
        REQUIRE(*rates[i] == Approx(bad.value() / allowed.to_double()));
      }
    }
  }
  CHECK(known > 300);
  CHECK(bad_ones > 100);
}

TEST_CASE("a known month over three regions is the same in both readings") {
  brute::Case one = brute::known_month(7, "2026-10", 1, std::chrono::minutes(5));
  for (const auto indicator : {config::Indicator::uptime, config::Indicator::error_rate, config::Indicator::latency}) {
    one.objective.indicator = indicator;
    one.objective.percentile = Decimal(95, 0);
    if (indicator != config::Indicator::uptime) {
      one.objective.target = {
          config::Comparison::less, Decimal(1, indicator == config::Indicator::latency ? 0 : 3), {}};
    }
    CHECK(difference(one) == "");
  }
  one.objective.indicator = config::Indicator::uptime;
  one.objective.target = {config::Comparison::greater_equal, Decimal(999, 3), "99.9%"};
  const Evaluation figures = evaluate(one.objective, one.period, one.as_of, one.history, one.regions);
  CHECK(figures.uptime->outages.front().extent.from < one.period.period.from);
  CHECK(figures.uptime->outages.back().extent.to > one.period.period.to);
  CHECK(figures.uptime->net.excluded > Micros(0));
  CHECK(figures.uptime->net.unknown > Micros(0));
}

}  // namespace nines::sla
