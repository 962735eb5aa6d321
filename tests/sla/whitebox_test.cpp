// Objectives over a Prometheus query: the answer held against the limits.

#include "sla/whitebox.hpp"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

#include "sla/calendar.hpp"
#include "sla/figures.hpp"

namespace nines::sla {
namespace {

using config::Comparison;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

config::Objective objective(Comparison target, const Decimal& value, std::optional<config::Limit> critical = {}) {
  config::Objective made;
  made.indicator = config::Indicator::prometheus;
  made.unit = config::Unit::ratio;
  made.target = {target, value, {}};
  made.critical = std::move(critical);
  return made;
}

Evaluation judged(const config::Objective& objective, std::optional<double> value, std::string trouble = {},
                  const char* as_of = "2026-11-01T00:00:00Z") {
  return evaluate_answer(objective, month("2026-10", "UTC").value(), parse_time(as_of).value(),
                         {{}, value, "the answer", std::move(trouble)});
}

}  // namespace

TEST_CASE("the answer of a query decides, exactly at the limit too") {
  const auto [target, limit, value, met] = GENERATE(table<Comparison, Decimal, double, bool>({
      {Comparison::greater, {8, 1}, 0.8, false},
      {Comparison::greater_equal, {8, 1}, 0.8, true},
      {Comparison::greater, {8, 1}, std::nextafter(0.8, 1), true},
      {Comparison::greater_equal, {8, 1}, std::nextafter(0.8, 0), false},
      {Comparison::less, {7, 1}, 0.7, false},
      {Comparison::less_equal, {7, 1}, 0.7, true},
      {Comparison::less, {7, 1}, 0.69, true},
      {Comparison::less, {70, 0}, 70.5, false},
      {Comparison::less, {70, 0}, kInfinity, false},
      {Comparison::greater, {70, 0}, kInfinity, true},
      {Comparison::less, {70, 0}, -kInfinity, true},
  }));
  CAPTURE(value);
  const auto one = objective(target, limit);
  const Evaluation evaluation = judged(one, value);
  CHECK(evaluation.verdict == (met ? Verdict::met : Verdict::missed));
  CHECK(evaluation.level == (met ? Level::ok : Level::warning));
  CHECK(evaluation.why.empty());
  CHECK_FALSE(evaluation.on_track);
  CHECK_FALSE(evaluation.coverage.known());
  CHECK(evaluation.prometheus->answer == "the answer");
}

TEST_CASE("beyond the critical limit of a query is critical") {
  const auto one = objective(Comparison::greater, {8, 1}, config::Limit{Comparison::less, {6, 1}, {}});
  CHECK(judged(one, 0.81).level == Level::ok);
  CHECK(judged(one, 0.6).level == Level::warning);
  CHECK(judged(one, 0.59).level == Level::critical);
  CHECK(judged(one, 0.59).verdict == Verdict::missed);
}

TEST_CASE("no answer and no number are inconclusive and say why") {
  const auto one = objective(Comparison::greater, {8, 1});
  const Evaluation none = judged(one, std::nullopt, "http://127.0.0.1:9090 gave no answer: connection refused");
  CHECK(none.verdict == Verdict::inconclusive);
  CHECK(none.why == "http://127.0.0.1:9090 gave no answer: connection refused");
  const Evaluation not_a_number = judged(one, std::nan(""));
  CHECK(not_a_number.verdict == Verdict::inconclusive);
  CHECK(not_a_number.why == "the query gave no number (NaN)");
  CHECK_FALSE(not_a_number.prometheus->value);
}

TEST_CASE("a query over a period that still runs has no verdict but a direction") {
  const auto one = objective(Comparison::greater, {8, 1});
  const Evaluation running = judged(one, 0.9, {}, "2026-10-20T00:00:00Z");
  CHECK(running.running);
  CHECK(running.verdict == Verdict::inconclusive);
  CHECK(running.on_track == true);
  CHECK(judged(one, 0.7, {}, "2026-10-20T00:00:00Z").on_track == false);
  CHECK_FALSE(judged(one, std::nullopt, "no answer", "2026-10-20T00:00:00Z").on_track);
}

TEST_CASE("a query's value is printed towards the miss, on its side of the limit") {
  using config::Unit;
  const auto [value, unit, op, limit, text] = GENERATE(table<double, Unit, Comparison, Decimal, std::string>({
      {0.83123456, Unit::ratio, Comparison::greater, {8, 1}, "83.123%"},
      {0.83123456, Unit::ratio, Comparison::less, {9, 1}, "83.124%"},
      {0.07, Unit::ratio, Comparison::less, {9, 1}, "7.000%"},
      {0.8, Unit::ratio, Comparison::greater, {8, 1}, "80.000%"},
      {0.800001, Unit::ratio, Comparison::greater, {8, 1}, "80.0001%"},
      {69.99999, Unit::percent, Comparison::less, {70, 0}, "69.99999%"},
      {70, Unit::percent, Comparison::less, {70, 0}, "70.000%"},
      {0.0995, Unit::seconds, Comparison::less, {1, 1}, "99.500 ms"},
      {99.5004, Unit::milliseconds, Comparison::less, {100, 0}, "99.501 ms"},
      {12.25, Unit::number, Comparison::less, {100, 0}, "12.25"},
      {-4, Unit::number, Comparison::less, {100, 0}, "-4"},
      {kInfinity, Unit::ratio, Comparison::less, {1, 1}, "+Inf"},
  }));
  CHECK(print_value(value, unit, {op, limit, {}}) == text);
}

}  // namespace nines::sla
