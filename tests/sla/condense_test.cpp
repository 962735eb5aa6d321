// Condensed results must give the figures that each result by itself gives.

#include "sla/condense.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include <catch2/catch.hpp>

#include "sla/evaluate.hpp"
#include "sla/samples.hpp"
#include "tests/sla/brute/brute.hpp"
#include "tests/sla/brute/generate.hpp"

namespace nines::sla {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// NINES_SLA_CASES asks for more.
std::uint64_t cases() {
  const char* wanted = std::getenv("NINES_SLA_CASES");
  return wanted == nullptr ? 4000 : std::strtoull(wanted, nullptr, 10);
}

bool is_plain(const ResultRow& row) {
  return row.success() && row.first_reason == Reason::none && row.attempts <= 1 && row.status < 500;
}

// As a store would tell of them: rows are all plain and of one interval.
PlainResults told_together(std::span<const ResultRow> rows, std::vector<Micros>& durations) {
  PlainResults told{static_cast<std::int64_t>(rows.size()), rows.front().start, rows.back().start};
  told.interval = rows.front().interval;
  told.least = Micros::max();
  durations.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) told.gap = std::max(told.gap, rows[i].start - rows[i - 1].start);
    told.least = std::min(told.least, rows[i].duration);
    told.most = std::max(told.most, rows[i].duration);
    durations.push_back(rows[i].duration);
  }
  return told;
}

struct Tally {
  std::size_t results = 0;
  std::size_t kept = 0;  // as rows
  std::size_t told = 0;  // by several at a time
};

// The rows of a series into its condensed form, now and then several at a time.
Series condensed(const Series& whole, const std::vector<Time>& moments, const History& history, brute::Dice& dice,
                 Tally& tally) {
  Series series = whole;
  series.rows.clear();
  std::vector<ResultRow> rows;
  std::ranges::copy_if(whole.rows, std::back_inserter(rows),
                       [](const ResultRow& row) { return row.origin == Origin::scheduled; });
  std::ranges::sort(rows, {}, &ResultRow::start);
  Condenser condenser(series, cuts_of(series, moments, history.clock_steps), Times::kept);
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t end = i;
    while (end < rows.size() && is_plain(rows[end]) && rows[end].interval == rows[i].interval) ++end;
    std::vector<Micros> durations;
    if (end > i) {
      const auto some =
          std::span(rows).subspan(i, static_cast<std::size_t>(dice.between(1, static_cast<int>(end - i))));
      const PlainResults told = told_together(some, durations);
      if (dice.one_in(2) && condenser.takes(told)) {
        condenser.add(told, durations);
        i += some.size();
        tally.told += some.size() > 1 ? 1 : 0;
        continue;
      }
    }
    condenser.add(rows[i++]);
  }
  tally.results += rows.size();
  tally.kept += series.rows.size();
  return series;
}

History condensed(const brute::Case& one, brute::Dice& dice, Tally& tally) {
  const Period& period = one.period.period;
  std::vector<Time> moments = exclusion_edges(one.objective, one.history.maintenance, period);
  moments.insert(moments.end(), {period.from, period.to, one.as_of});
  // A window holds for a check by what any region's settings say, which differ here.
  for (const Series& series : one.history.series) {
    for (const Settings& entry : series.settings) moments.push_back(entry.from);
  }
  History history = one.history;
  for (Series& series : history.series) series = condensed(series, moments, one.history, dice, tally);
  return history;
}

ResultRow success(Time start) {
  ResultRow row;
  row.start = start;
  row.duration = std::chrono::milliseconds(120);
  row.interval = minutes(1);
  row.status = 200;
  return row;
}

Series one_check() {
  Series series;
  series.key = {"web", "eu"};
  series.settings = {{Time{}, minutes(1), seconds(150), 3, "shop", false}};
  return series;
}

const Time kNoon{hours(500'000)};

}  // namespace

TEST_CASE("condensed results give the plain reading's figures of every generated case") {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= cases(); ++seed) {
    const brute::Case one = brute::generate(seed);
    brute::Dice dice(seed * 7);
    const History history = condensed(one, dice, tally);
    const Evaluation plain = brute::evaluate(one.objective, one.period, one.as_of, one.history, one.regions);
    const Evaluation fast = evaluate(one.objective, one.period, one.as_of, history, one.regions);
    const std::string found = brute::difference(plain, fast);
    if (!found.empty()) FAIL("seed " << seed << ": " << found << "\n" << brute::describe(one));
  }
  CAPTURE(tally.results, tally.kept, tally.told);
  CHECK(tally.kept < tally.results * 3 / 4);
  CHECK(tally.told > 0);
}

TEST_CASE("a month of successes is one stretch, and what is not plain stays as it is") {
  Series series = one_check();
  Condenser condenser(series, cuts_of(series, {}, {}), Times::kept);
  for (int i = 0; i < 1000; ++i) {
    ResultRow row = success(kNoon + i * minutes(1));
    if (i == 500) row.reason = row.first_reason = Reason::http_status;
    condenser.add(row);
  }
  REQUIRE(series.stretches.size() == 2);
  CHECK(series.stretches[0].count == 500);
  CHECK(series.stretches[0].last == kNoon + 499 * minutes(1));
  CHECK(series.stretches[1].first == kNoon + 501 * minutes(1));
  CHECK(series.times_of(series.stretches[1]).size() == 499);
  REQUIRE(series.rows.size() == 1);
  CHECK(series.rows[0].reason == Reason::http_status);
}

TEST_CASE("a stretch ends at a moment that figures tell apart, at a gap and where a result outlasts its span") {
  struct Row {
    std::string what;
    Micros begins;  // the second result, after the first
    Micros lasts;
    Micros cut;  // a moment, after the first
    std::size_t stretches;
    std::size_t rows;
  };
  const Micros never = hours(1);
  const auto row = GENERATE_COPY(values<Row>({
      {"nothing between", minutes(1), seconds(1), never, 1, 0},
      {"a moment between", minutes(1), seconds(1), seconds(30), 2, 0},
      {"a moment where the second begins", minutes(1), seconds(1), minutes(1), 2, 0},
      {"a moment where the first begins", minutes(1), seconds(1), seconds(0), 1, 0},
      {"as late as may be", seconds(150), seconds(1), never, 1, 0},
      {"a microsecond later", seconds(150) + Micros(1), seconds(1), never, 2, 0},
      {"as long as may be", minutes(1), seconds(150), never, 1, 0},
      {"a microsecond longer", minutes(1), seconds(150) + Micros(1), never, 1, 1},
  }));
  CAPTURE(row.what);
  Series series = one_check();
  const std::vector<Time> moments{kNoon + row.cut};
  Condenser condenser(series, cuts_of(series, moments, {}), Times::kept);
  condenser.add(success(kNoon));
  ResultRow second = success(kNoon + row.begins);
  second.duration = row.lasts;
  condenser.add(second);
  CHECK(series.stretches.size() == row.stretches);
  CHECK(series.rows.size() == row.rows);
}

TEST_CASE("figures refuse what was condensed over a moment that they tell apart") {
  brute::Case one = brute::generate(1);
  one.objective = {};
  one.objective.checks = {"web"};
  one.objective.indicator = config::Indicator::latency;
  one.objective.percentile = Decimal(95, 0);
  one.objective.target = {config::Comparison::less, Decimal(1'000'000, 0), "< 1s"};
  Series series = one_check();
  for (const auto times : {Times::kept, Times::left_out}) {
    series.stretches.clear();
    Condenser condenser(series, cuts_of(series, {}, {}), times);
    for (int i = 0; i < 60; ++i) condenser.add(success(kNoon + i * minutes(1)));
    History history{{series}, {}, {}};
    const ReportPeriod whole{{kNoon, kNoon + hours(1)}, "UTC", "whole"};
    const ReportPeriod half{{kNoon, kNoon + minutes(30)}, "UTC", "half"};
    if (times == Times::kept) {
      CHECK(evaluate(one.objective, whole, kNoon + hours(2), history, {}).latency->samples == 60);
    } else {
      CHECK_THROWS_AS(evaluate(one.objective, whole, kNoon + hours(2), history, {}), std::logic_error);
    }
    CHECK_THROWS_AS(evaluate(one.objective, half, kNoon + hours(2), history, {}), std::logic_error);
  }
}

TEST_CASE("the percentiles of many durations are those of the sorted ones") {
  brute::Dice dice(3);
  for (const int count : {1, 100, 16'384, 16'385, 60'000}) {
    std::vector<Micros> sorted;
    std::vector<std::uint32_t> some;
    Durations whole;
    Durations other;
    for (int i = 0; i < count; ++i) {
      const Micros one(dice.one_in(50) ? dice.between(0, 6'000'000'000) : dice.between(20'000, 90'000));
      sorted.push_back(one);
      if (one.count() <= UINT32_MAX && dice.one_in(2)) {
        some.push_back(static_cast<std::uint32_t>(one.count()));
      } else {
        (dice.one_in(2) ? whole : other).add(one);
      }
    }
    const auto half = some.size() / 2;
    other.add(std::span(some).first(half));
    whole.add(std::span(some).subspan(half));
    whole.add(other);
    std::ranges::sort(sorted);
    CAPTURE(count);
    REQUIRE(whole.finite() == count);
    for (const int percent : {1, 50, 95, 99, 100}) {
      const auto rank = (static_cast<std::size_t>(percent) * sorted.size() + 99) / 100;
      CHECK(whole.nearest_rank(Decimal(percent, 0)) == sorted[rank - 1]);
    }
    std::vector<Micros> visited;
    whole.each([&](Micros duration, std::int64_t there) {
      visited.insert(visited.end(), static_cast<std::size_t>(there), duration);
      return true;
    });
    CHECK(visited == sorted);
    whole.add_infinite(count * 99);
    CHECK(whole.nearest_rank(Decimal(1, 0)) == sorted.back());
    CHECK_FALSE(whole.nearest_rank(Decimal(2, 0)).has_value());
    CHECK(whole.finite_rank(Decimal(100, 0)) == sorted.back());
  }
}

}  // namespace nines::sla
