#include "sla/verdict.hpp"

#include <cmath>

#include <catch2/catch.hpp>

#include "sla/budget.hpp"
#include "sla/figures.hpp"
#include "tests/sla/drawn.hpp"

namespace nines::sla {
namespace {

using config::Comparison;
using drawn::kMinute;
using drawn::Story;

config::Limit limit(Comparison op, Decimal value) {
  return {op, value, {}};
}
config::Limit at_least(Decimal value) {
  return limit(Comparison::greater_equal, value);
}

Story latency_story(std::string_view picture) {
  Story story;
  Series& series = story.draw("api", "eu", picture);
  for (std::size_t i = 0; i < series.rows.size(); ++i)
    series.rows[i].duration = Micros(1000 * (static_cast<int>(i) + 1));
  story.objective.indicator = config::Indicator::latency;
  story.objective.target = limit(Comparison::less, Decimal(8000, 0));
  return story;
}

}  // namespace

TEST_CASE("an uptime verdict is asked in order: worst, best, coverage, measured") {
  const struct {
    const char* why;
    int up, down, unknown;
    Verdict verdict;
  } rows[] = {
      {"the worst meets the target", 900, 0, 100, Verdict::met},
      {"the best misses it", 0, 101, 899, Verdict::missed},
      {"coverage suffices and the figure meets", 895, 95, 10, Verdict::met},
      {"coverage suffices and the figure misses", 890, 100, 10, Verdict::missed},
      {"coverage does not suffice", 850, 50, 100, Verdict::inconclusive},
      {"nothing is known", 0, 0, 1000, Verdict::inconclusive},
      {"everything is excluded", 0, 0, 0, Verdict::inconclusive},
  };
  for (const auto& row : rows) {
    CAPTURE(row.why);
    CHECK(judge_uptime(at_least(Decimal(9, 1)), Decimal(99, 2), Micros(row.up), Micros(row.down),
                       Micros(row.unknown)) == row.verdict);
  }
}

TEST_CASE("min_coverage defaults to 0.99 and for uptime to the target above that") {
  config::Objective objective;
  objective.target = at_least(Decimal(9995, 4));
  CHECK(min_coverage_of(objective) == Decimal(9995, 4));
  objective.target = at_least(Decimal(9, 1));
  CHECK(min_coverage_of(objective) == Decimal(99, 2));
  objective.indicator = config::Indicator::error_rate;
  objective.target = limit(Comparison::less, Decimal(999, 3));
  CHECK(min_coverage_of(objective) == Decimal(99, 2));
}

TEST_CASE("targets are exact: three nines of a thousand microseconds are met by 999") {
  const auto three_nines = at_least(Decimal(999, 3));
  CHECK(judge_uptime(three_nines, Decimal(0, 0), Micros(999), Micros(1), Micros(0)) == Verdict::met);
  CHECK(judge_uptime(three_nines, Decimal(0, 0), Micros(998'999), Micros(1001), Micros(0)) == Verdict::missed);
}

TEST_CASE("a running period has a verdict only when the time that remains cannot change it") {
  Story story;
  story.draw("api", "eu", "xxx" + std::string(57, '.'));
  story.objective.target = at_least(Decimal(9, 1));
  const auto at = [&](double as_of) { return story.figures_as_of(0, 60, as_of); };
  CHECK(at(30).verdict == Verdict::inconclusive);
  CHECK(at(30).on_track == true);
  CHECK(at(10).on_track == false);
  CHECK(at(10).level == Level::warning);
  CHECK(at(56).verdict == Verdict::inconclusive);
  CHECK(at(57).verdict == Verdict::met);
  story.objective.target = at_least(Decimal(96, 2));
  CHECK(at(3).verdict == Verdict::missed);
  CHECK(at(3).on_track == false);
  CHECK_FALSE(story.figures(0, 60).on_track);
}

TEST_CASE("the level says warning where the target is missed and critical where that limit is crossed") {
  Story story;
  story.draw("api", "eu", "xxxx" + std::string(6, '.'));
  story.objective.critical = limit(Comparison::less, Decimal(6, 1));
  CHECK(story.figures(0, 10).level == Level::warning);
  story.objective.critical = limit(Comparison::less, Decimal(61, 2));
  CHECK(story.figures(0, 10).level == Level::critical);
  CHECK(story.figures(0, 10).verdict == Verdict::missed);
  story.objective.target = at_least(Decimal(1, 1));
  story.objective.critical.reset();
  CHECK(story.figures(0, 10).level == Level::ok);
}

TEST_CASE("too few results or too little coverage make a counted figure inconclusive") {
  Story story = latency_story("..........");
  CHECK(story.figures(0, 10).verdict == Verdict::met);
  story.objective.min_samples = 11;
  CHECK(story.figures(0, 10).verdict == Verdict::inconclusive);
  CHECK(story.figures(0, 10).why == "10 results, fewer than the 11 that a verdict needs");
  story.objective.min_samples = 1;
  story.objective.min_coverage.reset();
  CHECK(story.figures(0, 20).verdict == Verdict::inconclusive);
  CHECK(story.figures(0, 20).why == "coverage is 57.500%, under the 99 % that a verdict needs");
}

TEST_CASE("latency is the nearest rank of the sorted durations") {
  Story story = latency_story("..........");  // 1 ms to 10 ms
  const struct {
    Decimal percentile;
    int rank;
  } rows[] = {{Decimal(50, 0), 5},  {Decimal(51, 0), 6},   {Decimal(90, 0), 9}, {Decimal(901, 1), 10},
              {Decimal(95, 0), 10}, {Decimal(100, 0), 10}, {Decimal(1, 1), 1}};
  for (const auto& [percentile, rank] : rows) {
    story.objective.percentile = percentile;
    CAPTURE(percentile.text());
    CHECK(story.figures(0, 10).latency->measured == Micros(1000 * rank));
  }
  CHECK(story.figures(0, 10).latency->bad == 3);  // 8 ms is not under 8 ms
}

TEST_CASE("a latency target is strict: equal is a miss") {
  Story story = latency_story("........");
  story.objective.percentile = Decimal(100, 0);
  CHECK(story.figures(0, 8).verdict == Verdict::missed);
  story.objective.target.op = Comparison::less_equal;
  CHECK(story.figures(0, 8).verdict == Verdict::met);
}

TEST_CASE("latency of successful, of all, and strict where a failure is infinitely slow") {
  Story story = latency_story(".x.x.....x");
  story.objective.percentile = Decimal(70, 0);
  CHECK(story.figures(0, 10).latency->samples == 7);
  CHECK(story.figures(0, 10).latency->measured == Micros(7000));
  story.objective.of = config::LatencyOf::all;
  CHECK(story.figures(0, 10).latency->samples == 10);
  CHECK(story.figures(0, 10).latency->measured == Micros(7000));
  story.objective.of = config::LatencyOf::strict;
  CHECK(story.figures(0, 10).latency->measured == Micros(9000));
  CHECK(story.figures(0, 10).latency->bad == 5);  // 8 ms, 9 ms and the failures
  story.objective.percentile = Decimal(71, 0);
  CHECK(story.figures(0, 10).latency->infinite);
  CHECK(story.figures(0, 10).verdict == Verdict::missed);
}

TEST_CASE("a region's strict latency is infinite where its own rank falls on a failure") {
  Story story;
  story.objective.indicator = config::Indicator::latency;
  story.objective.of = config::LatencyOf::strict;
  story.draw("api", "eu", "..........");
  story.draw("api", "us", "xxxxx.....");
  story.draw("api", "za", "aaaaaaaaaa");  // gives no sample
  const auto [percentile, infinite] = GENERATE(table<int, bool>({{50, false}, {51, true}}));
  story.objective.percentile = Decimal(percentile, 0);
  const auto figures = story.figures(0, 10);
  CHECK_FALSE(figures.latency->infinite);
  REQUIRE(figures.regions.size() == 3);
  CHECK_FALSE(figures.regions[0].infinite);
  CHECK(figures.regions[1].infinite == infinite);
  CHECK(figures.regions[1].measured_time.has_value() != infinite);
  CHECK_FALSE(figures.regions[2].infinite);
}

TEST_CASE("a journey's latency is its measured time") {
  Story story = latency_story("...");
  std::swap(story.objective.checks, story.objective.journeys);
  story.history.series[0].rows[0].measured = Micros(700);
  story.history.series[0].rows[2].measured = Micros(500);
  CHECK(story.figures(0, 3).latency->samples == 2);
  CHECK(story.figures(0, 3).latency->measured == Micros(500));
  story.objective.of = config::LatencyOf::strict;
  CHECK(story.figures(0, 3).latency->measured == Micros(700));
  CHECK(story.figures(0, 3).latency->samples == 3);
}

TEST_CASE("errors: server counts 5xx and unanswered results, failures every failed one") {
  const struct {
    const char* what;
    Reason reason;
    int status;
    bool server;
    bool failures;
  } rows[] = {
      {"a success", Reason::none, 200, false, false},
      {"an expected 503", Reason::none, 503, true, false},
      {"a success without a status", Reason::none, 0, false, false},
      {"an unexpected 404", Reason::http_status, 404, false, true},
      {"an unexpected 500", Reason::http_status, 500, true, true},
      {"a 600", Reason::http_status, 600, false, true},
      {"a refused connection", Reason::connect_refused, 0, true, true},
      {"a time-out after the status", Reason::http_timeout, 200, true, true},
      {"a body that does not match", Reason::body_mismatch, 200, false, true},
      {"an imported failure with a status", Reason::imported, 404, false, true},
      {"an imported failure without one", Reason::imported, 0, true, true},
  };
  for (const auto& row : rows) {
    Story story;
    ResultRow& result = story.draw("api", "eu", ".").rows[0];
    result.reason = result.first_reason = row.reason;
    result.status = static_cast<std::int16_t>(row.status);
    story.objective.indicator = config::Indicator::error_rate;
    CAPTURE(row.what);
    CHECK((story.figures(0, 1).error_rate->errors == 1) == row.server);
    story.objective.errors = config::ErrorsAre::failures;
    CHECK((story.figures(0, 1).error_rate->errors == 1) == row.failures);
  }
}

TEST_CASE("the error budget of uptime is over known time, while running over the whole period less exclusions") {
  Story story;
  story.draw("api", "eu", "xxx" + std::string(57, '.'));
  story.objective.target = at_least(Decimal(9, 1));
  const TimeBudget closed = story.figures(0, 100).uptime->budget;
  CHECK(closed.over == kMinute * 123 / 2);
  CHECK(closed.allowed_seconds == Approx(369));
  CHECK(closed.spent_seconds == Approx(180));
  CHECK(closed.remaining_ratio == Approx(189.0 / 369));
  CHECK(print_remaining(closed) == "51.219%");
  story.window(20, 30);
  story.window(80, 90);
  const TimeBudget running = story.figures_as_of(0, 100, 60).uptime->budget;
  CHECK(running.over == kMinute * 80);
}

TEST_CASE("a count budget allows a share of the results") {
  Story story = latency_story("..........");
  story.objective.percentile = Decimal(75, 0);
  const CountBudget budget = story.figures(0, 10).latency->budget;
  CHECK(budget.allowed == 2.5);
  CHECK(budget.spent == 3);
  CHECK(print_remaining(budget) == "-20.000%");
}

TEST_CASE("burn rate is the bad ratio over what is allowed") {
  Story story;
  story.draw("api", "eu", "......xxxx");
  const auto burn = [&](int window) {
    return burn_rate(story.objective, kMinute * window, drawn::minute(10), story.history, {});
  };
  CHECK(burn(10) == Approx(40));
  CHECK(burn(5) == Approx(80));
  CHECK_FALSE(burn_rate(story.objective, kMinute, drawn::minute(100), story.history, {}));
  story.objective.target = at_least(Decimal(1, 0));
  CHECK(std::isinf(*burn(10)));
  CHECK(burn_rate(story.objective, kMinute * 5, drawn::minute(5), story.history, {}) == 0.0);
  const Micros windows[] = {kMinute, kMinute * 10};
  CHECK(burn_rates(story.objective, windows, drawn::minute(10), story.history, {}).size() == 2);
}

TEST_CASE("a series reaches back far enough when its first result is a success before the period") {
  Story story;
  Series series = story.draw("api", "eu", "axx.");
  CHECK_FALSE(reaches_back(series, drawn::minute(3)));
  series.rows.erase(series.rows.begin() + 1, series.rows.begin() + 3);
  CHECK(reaches_back(series, drawn::minute(4)));
  CHECK(reaches_back(series, drawn::minute(2)));
  series.first_result = drawn::minute(-5);
  CHECK_FALSE(reaches_back(series, drawn::minute(2)));
  series.first_result = drawn::minute(0);
  CHECK(reaches_back(series, drawn::minute(2)));
}

TEST_CASE("figures are printed towards the miss, with more decimals where the verdict needs them") {
  const auto nines = at_least(Decimal(999, 3));
  const auto above = limit(Comparison::greater, Decimal(9995, 4));
  const auto under = limit(Comparison::less, Decimal(1, 3));
  const struct {
    Ratio ratio;
    RoundTo round;
    const config::Limit* target;
    const char* text;
  } rows[] = {
      {{0, 0}, RoundTo::down, nullptr, "n/a"},
      {{1, 1}, RoundTo::down, nullptr, "100.000%"},
      {{2, 3}, RoundTo::down, nullptr, "66.666%"},
      {{2, 3}, RoundTo::up, nullptr, "66.667%"},
      {{999'999'999, 1'000'000'000}, RoundTo::up, nullptr, "100.000%"},
      {{9'989'999, 10'000'000}, RoundTo::down, &nines, "99.899%"},
      {{999, 1000}, RoundTo::down, &nines, "99.900%"},
      {{9'995'001, 10'000'000}, RoundTo::down, &above, "99.95001%"},
      {{9'999, 10'000'000}, RoundTo::up, &under, "0.09999%"},
      {{1, 1000}, RoundTo::up, &under, "0.100%"},
      {{99'999'999'999, 100'000'000'000'000}, RoundTo::up, &under, "0.099999999999%"},
  };
  for (const auto& row : rows) CHECK(print_percent(row.ratio, row.round, row.target) == row.text);
  CHECK(print_latency(Micros(412'345)) == "412.345 ms");
  CHECK(print_downtime(Micros(760'123'001)) == "760.124 s");
  CHECK(print_burn(14.4) == "14.400");
  CHECK(print_burn(100.00000000000001) == "100.000");
  CHECK(print_burn(1.0001) == "1.001");
  CHECK(print_burn(INFINITY) == "+Inf");
  CHECK(print_burn(std::nullopt) == "n/a");
  CHECK(print_remaining(time_budget(Decimal(0, 0), Micros(5), Micros(1))) == "exhausted");
  CHECK(print_remaining(time_budget(Decimal(0, 0), Micros(5), Micros(0))) == "n/a");
}

}  // namespace nines::sla
