#include "reports/credit.hpp"

#include <catch2/catch.hpp>

#include "reports/trend.hpp"
#include "tests/reports/samples.hpp"

using namespace nines;
using namespace nines::reports;

namespace {

// 10 % below 99.9 %, 25 % below 99 %.
const config::Credits kCredits{"system-uptime", {{{999, 3}, {1, 1}}, {{99, 2}, {25, 2}}}};

sla::Evaluation uptime_of(std::int64_t up_us, std::int64_t down_us) {
  sla::Evaluation evaluation;
  evaluation.verdict = sla::Verdict::missed;
  evaluation.uptime.emplace().net = {Micros(up_us), Micros(down_us), Micros(0), Micros(0)};
  return evaluation;
}

config::Objective objective_of(config::Comparison op) {
  config::Objective objective;
  objective.target = {op, {999, 3}, {}};
  return objective;
}

}  // namespace

TEST_CASE("a credit is due by the exact uptime, strictly below the limit") {
  struct Case {
    std::int64_t up;
    std::int64_t down;
    Decimal percent;
    std::optional<Decimal> below;
  };
  constexpr std::int64_t kMonth = 2'678'400'000'000;  // 31 days; a thousandth of it is 2,678,400,000 us
  const Case cases[] = {
      {kMonth, 0, {0, 0}, {}},
      {kMonth - 2'678'400'000, 2'678'400'000, {0, 0}, {}},  // 99.9 % exactly
      {kMonth - 2'678'400'001, 2'678'400'001, {1, 1}, Decimal(999, 3)},
      {kMonth - 26'784'000'000, 26'784'000'000, {1, 1}, Decimal(999, 3)},  // 99 % exactly
      {kMonth - 26'784'000'001, 26'784'000'001, {25, 2}, Decimal(99, 2)},
      {0, kMonth, {25, 2}, Decimal(99, 2)},
  };
  for (const Case& one : cases) {
    CAPTURE(one.down);
    const CreditDue due = credit_due(kCredits, uptime_of(one.up, one.down));
    REQUIRE(due.percent);
    CHECK(*due.percent == one.percent);
    CHECK(due.tier.has_value() == one.below.has_value());
    if (due.tier) CHECK(due.tier->below == *one.below);
    CHECK(due.why.empty());
  }
}

TEST_CASE("no credit is stated while the period runs or without a verdict") {
  sla::Evaluation running = uptime_of(0, 1);
  running.running = true;
  CHECK_FALSE(credit_due(kCredits, running).percent);
  CHECK(credit_due(kCredits, running).why == "the period is still running");
  sla::Evaluation open = uptime_of(0, 1);
  open.verdict = sla::Verdict::inconclusive;
  open.why = "nothing is known of the period";
  CHECK_FALSE(credit_due(kCredits, open).percent);
  CHECK(credit_due(kCredits, open).why == "there is no verdict: nothing is known of the period");
}

TEST_CASE("a period is better or worse than the one before by the exact figures") {
  const auto change = [](TrendPoint before, TrendPoint now, config::Comparison op) {
    before.no_data = now.no_data = false;
    Detail detail;
    detail.trend = {before, now};
    return comparison(detail, objective_of(op))->change;
  };
  const auto ratio = [](std::int64_t part, std::int64_t whole) {
    TrendPoint point;
    point.ratio = sla::Ratio{part, whole};
    return point;
  };
  const auto latency = [](std::int64_t micros) {
    TrendPoint point;
    point.latency = Micros(micros);
    return point;
  };
  TrendPoint infinite;
  infinite.infinite = true;
  using enum config::Comparison;
  CHECK(change(ratio(1, 3), ratio(333'333'333'333'333, 1'000'000'000'000'000), greater_equal) == Change::worse);
  CHECK(change(ratio(1, 3), ratio(2, 6), greater_equal) == Change::same);
  CHECK(change(ratio(1, 3), ratio(1, 2), less) == Change::worse);
  CHECK(change(ratio(1, 2), ratio(1, 3), less) == Change::better);
  CHECK(change(latency(5), latency(4), less) == Change::better);
  CHECK(change(infinite, latency(4), less) == Change::better);
  CHECK(change(latency(4), infinite, less) == Change::worse);
  CHECK(change(infinite, infinite, less) == Change::same);
  CHECK(change(TrendPoint{}, latency(4), less) == std::nullopt);
}

TEST_CASE("a period that nothing is stored of is compared with nothing") {
  Detail detail;
  CHECK_FALSE(comparison(detail, objective_of(config::Comparison::less)));
  detail.trend.resize(12);
  detail.trend.back().no_data = false;
  CHECK_FALSE(comparison(detail, objective_of(config::Comparison::less)));
}
