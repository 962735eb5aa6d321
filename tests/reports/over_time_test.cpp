// What a report shows over time, held against the plain reading of sla.md (tests/sla/brute): each cell and slice is a
// period of its own there.

#include "reports/over_time.hpp"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "sla/calendar.hpp"
#include "sla/evaluate.hpp"
#include "tests/reports/samples.hpp"
#include "tests/sla/brute/brute.hpp"
#include "tests/sla/brute/generate.hpp"

using namespace nines;
using namespace nines::reports;
using namespace std::chrono_literals;

namespace {

struct Shown {
  sla::Evaluation evaluation;
  Detail detail;
};

Shown shown(const sla::brute::Case& one) {
  const auto subject = sla::make_subject(one.objective, one.period.period, one.as_of, one.history, one.regions);
  Shown result{sla::evaluate(subject, one.period, one.as_of), {}};
  result.detail = over_time(subject, result.evaluation);
  return result;
}

// The plain figures of a part of the period, as of the same moment.
sla::Evaluation plainly(const sla::brute::Case& one, const Period& part) {
  return sla::brute::evaluate(one.objective, {part, one.period.time_zone, {}}, one.as_of, one.history, one.regions);
}

sla::brute::Case with_indicator(std::uint64_t seed, config::Indicator indicator) {
  sla::brute::Case one = sla::brute::generate(seed);
  if (one.objective.indicator == indicator) return one;
  one.objective.indicator = indicator;
  one.objective.critical.reset();
  one.objective.percentile = Decimal(95, 0);
  const bool uptime = indicator == config::Indicator::uptime;
  one.objective.target = {uptime ? config::Comparison::greater_equal : config::Comparison::less,
                          uptime                                    ? Decimal(99, 2)
                          : indicator == config::Indicator::latency ? Decimal(50'000, 0)
                                                                    : Decimal(5, 2),
                          {}};
  return one;
}

template <class Part>
void check_covers(const std::vector<Part>& parts, const Period& period) {
  Time at = period.from;
  for (const Part& part : parts) {
    REQUIRE(part.span.from == at);
    REQUIRE(part.span.from < part.span.to);
    at = part.span.to;
  }
  REQUIRE(at == period.to);
}

std::optional<Micros> plain_percentile(sla::brute::Case one, const Period& part, int percentile) {
  one.objective.percentile = Decimal(percentile, 0);
  return plainly(one, part).latency->measured;
}

}  // namespace

TEST_CASE("each cell of the strip is what the plain reading has of it, and together they are the period") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    const auto one = with_indicator(seed, config::Indicator::uptime);
    const auto [evaluation, detail] = shown(one);
    check_covers(detail.strip, sla::period_so_far(evaluation));
    sla::UptimeTimes sum;
    for (const StripCell& cell : detail.strip) {
      REQUIRE(cell.span.length() <= 1h);
      const auto plain = plainly(one, cell.span);
      REQUIRE(cell.times == plain.uptime->net);
      const bool down = plain.uptime->net.down > 0us;
      REQUIRE((cell.reason != Reason::none) == down);
      if (down) REQUIRE(cell.reason == plain.uptime->outages.front().reason);
      sum.up += cell.times.up;
      sum.down += cell.times.down;
      sum.unknown += cell.times.unknown;
      sum.excluded += cell.times.excluded;
    }
    REQUIRE(sum == evaluation.uptime->net);
  }
}

TEST_CASE("the budget's last point is what the figures say is left, and each before it what was spent by then") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    const auto one = with_indicator(seed, config::Indicator::uptime);
    const auto [evaluation, detail] = shown(one);
    const sla::TimeBudget& budget = evaluation.uptime->budget;
    if (!budget.remaining_ratio || std::isinf(*budget.remaining_ratio)) {
      REQUIRE(detail.budget.empty());
      continue;
    }
    REQUIRE(detail.budget.back().remaining == *budget.remaining_ratio);
    REQUIRE(detail.budget.front().at == one.period.period.from);
    for (const BudgetPoint& point : detail.budget) {
      const auto spent =
          point.at == one.period.period.from ? 0us : plainly(one, {one.period.period.from, point.at}).uptime->net.down;
      REQUIRE(point.remaining == Approx(1 - seconds(spent) / budget.allowed_seconds).margin(1e-9));
    }
  }
}

TEST_CASE("each slice of latency is what the plain reading has of it, and together they are the samples") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    auto one = with_indicator(seed, config::Indicator::latency);
    const auto [evaluation, detail] = shown(one);
    check_covers(detail.slices, sla::period_so_far(evaluation));
    // Percentiles of a slice are of its finite durations: what `successful` has, where failures count as infinite.
    auto finite = one;
    if (finite.objective.of == config::LatencyOf::strict) finite.objective.of = config::LatencyOf::successful;
    auto failures = one;
    failures.objective.indicator = config::Indicator::error_rate;
    failures.objective.errors = config::ErrorsAre::failures;
    std::int64_t samples = 0;
    std::int64_t bad = 0;
    for (const Slice& slice : detail.slices) {
      const auto plain = plainly(one, slice.span);
      REQUIRE(slice.samples == plain.latency->samples);
      REQUIRE(slice.bad == plain.latency->bad);
      REQUIRE(slice.failures == plainly(failures, slice.span).error_rate->errors);
      REQUIRE(slice.p50 == plain_percentile(finite, slice.span, 50));
      REQUIRE(slice.p95 == plain_percentile(finite, slice.span, 95));
      REQUIRE(slice.p99 == plain_percentile(finite, slice.span, 99));
      samples += slice.samples;
      bad += slice.bad;
    }
    REQUIRE(samples == evaluation.latency->samples);
    REQUIRE(bad == evaluation.latency->bad);
    const Period whole = one.period.period;
    REQUIRE(detail.p50 == plain_percentile(one, whole, 50));
    REQUIRE(detail.p95 == plain_percentile(one, whole, 95));
    REQUIRE(detail.p99 == plain_percentile(one, whole, 99));
    if (!detail.budget.empty()) {
      REQUIRE(detail.budget.back().remaining == *evaluation.latency->budget.remaining_ratio);
    }
  }
}

TEST_CASE("the bins of the distribution follow each other and hold the durations that are in them") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const auto one = with_indicator(seed, config::Indicator::latency);
    const auto [evaluation, detail] = shown(one);
    std::int64_t below = 0;
    Micros edge = detail.distribution.empty() ? 0us : detail.distribution.front().from;
    for (const Bin& bin : detail.distribution) {
      REQUIRE(bin.from == edge);
      REQUIRE(bin.from < bin.to);
      below += bin.count;
      edge = bin.to;
      auto limited = one;
      limited.objective.target = {config::Comparison::less, Decimal(bin.to.count(), 0), {}};
      const auto plain = plainly(limited, one.period.period);
      REQUIRE(below == plain.latency->samples - plain.latency->bad);
    }
    REQUIRE(detail.distribution.size() <= 40);
    if (!detail.distribution.empty()) {
      REQUIRE(detail.distribution.front().count > 0);
      REQUIRE(detail.distribution.back().count > 0);
    }
  }
}

TEST_CASE("each slice of an error rate is what the plain reading has of it") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    const auto one = with_indicator(seed, config::Indicator::error_rate);
    const auto [evaluation, detail] = shown(one);
    check_covers(detail.slices, sla::period_so_far(evaluation));
    std::int64_t samples = 0;
    for (const Slice& slice : detail.slices) {
      const auto plain = plainly(one, slice.span);
      REQUIRE(slice.samples == plain.error_rate->samples);
      REQUIRE(slice.bad == plain.error_rate->errors);
      REQUIRE_FALSE(slice.p50);
      samples += slice.samples;
    }
    REQUIRE(samples == evaluation.error_rate->samples);
    REQUIRE(detail.distribution.empty());
    REQUIRE(detail.strip.empty());
  }
}

TEST_CASE("slices are of a span that people know") {
  const auto [length, slice, count] = GENERATE(table<Micros, Micros, std::size_t>({
      {31 * 24h, 24h, 31},
      {28 * 24h, 24h, 28},
      {30 * 24h + 1h, 24h, 31},
      {24h, 1h, 24},
      {23h, 1h, 23},
      {7 * 24h, 4h, 42},
      {92 * 24h, 72h, 31},
      {366 * 24h, 240h, 37},
      {20'000 * 24h, 730 * 24h, 28},
      {1us, 1us, 1},
      {0us, 0us, 0},
  }));
  CAPTURE(length.count());
  const Time from = test::at("2026-10-01T00:00:00Z");
  const auto slices = slices_of({from, from + length});
  REQUIRE(slices.size() == count);
  if (count > 0) CHECK(slices.front().length() == slice);
}

TEST_CASE("a strip of years has a cell a day") {
  auto one = with_indicator(1, config::Indicator::uptime);
  one.period.period = {test::at("2024-01-01T00:00:00Z"), test::at("2026-01-01T00:00:00Z")};
  one.as_of = one.period.period.to;
  const auto [evaluation, detail] = shown(one);
  CHECK(detail.strip.size() == 731);
  check_covers(detail.strip, one.period.period);
}

TEST_CASE("cells begin at full hours of the local clock") {
  const auto cells = [](const char* from, const char* to, const std::string& zone) {
    std::string text;
    for (const Period& cell : sla::hour_cells({test::at(from), test::at(to)}, zone)) {
      text += sla::format_local(cell.from, zone).substr(11) + " ";
    }
    return text;
  };
  CHECK(cells("2026-10-01T10:20:00Z", "2026-10-01T12:10:00Z", "UTC") == "10:20 11:00 12:00 ");
  CHECK(cells("2026-10-01T10:30:00Z", "2026-10-01T12:10:00Z", "Asia/Kolkata") == "16:00 17:00 ");
  // The hour from two to three is there twice.
  CHECK(cells("2026-10-24T23:00:00Z", "2026-10-25T03:00:00Z", "Europe/Berlin") == "01:00 02:00 02:00 03:00 ");
  // Lord Howe Island's clocks go forward by half an hour at two.
  CHECK(cells("2026-10-03T14:00:00Z", "2026-10-03T17:00:00Z", "Australia/Lord_Howe") == "00:30 01:00 02:30 03:00 ");
}

TEST_CASE("the period before is of the same kind") {
  const auto before = [](const sla::ReportPeriod& period) {
    const sla::ReportPeriod found = sla::period_before(period);
    return found.label + ": " + format_time(found.period.from, 0) + " " + format_time(found.period.to, 0);
  };
  CHECK(before(sla::month("2026-01", "UTC").value()) == "2025-12: 2025-12-01T00:00:00Z 2026-01-01T00:00:00Z");
  CHECK(before(sla::month("2026-04", "Europe/Berlin").value()) == "2026-03: 2026-02-28T23:00:00Z 2026-03-31T22:00:00Z");
  CHECK(before(sla::quarter("2026-Q1", "UTC").value()) == "2025-Q4: 2025-10-01T00:00:00Z 2026-01-01T00:00:00Z");
  CHECK(before(sla::quarter("2026-Q3", "UTC").value()) == "2026-Q2: 2026-04-01T00:00:00Z 2026-07-01T00:00:00Z");
  CHECK(before(sla::year("2025", "UTC").value()) == "2024: 2024-01-01T00:00:00Z 2025-01-01T00:00:00Z");
  const Period week{test::at("2026-10-24T00:00:00Z"), test::at("2026-10-31T00:00:00Z")};
  CHECK(before({week, "UTC", "last 7d"}) == "to 2026-10-24 00:00: 2026-10-17T00:00:00Z 2026-10-24T00:00:00Z");
  // A rolling window at the end of a month goes back to the end of the month before.
  CHECK(before({week, "UTC", "7d to the end of 2026-10", "2026-10"}) ==
        "2026-09: 2026-09-24T00:00:00Z 2026-10-01T00:00:00Z");
}
