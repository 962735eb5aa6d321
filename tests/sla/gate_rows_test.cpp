// The gate's rows, their limits, the verdict's order, and what is sustained.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "sla/gate/trial.hpp"

using namespace nines;
using namespace nines::sla::gate;
using namespace std::chrono_literals;

namespace {

// `results` of which the first `errors` failed with a status of `status`, the others as long as `duration` and a little
// more each, so that no two are the same.
Sample sample(int results, int errors = 0, int status = 404, Micros duration = 100ms) {
  Sample made;
  for (int i = 0; i < results; ++i) {
    ResultRow row;
    row.duration = duration + Micros(i);
    row.reason = i < errors ? Reason::http_status : Reason::none;
    row.status = static_cast<std::int16_t>(i < errors ? status : 200);
    made.add(row);
  }
  made.sort();
  return made;
}

CheckSamples check(Sample baseline, Sample current, const std::string& name = "web", const std::string& service = "s") {
  return {name, service, false, std::move(baseline), std::move(current)};
}

ServiceRow service_of(const std::vector<CheckSamples>& checks, const Rules& rules = {}) {
  return judge(checks, rules).services.front();
}
LatencyRow latency_of(const CheckSamples& one, const Rules& rules = {}) {
  return judge(std::vector{one}, rules).checks.front();
}

// A trial of one check with a baseline of 100 results of 100 ms.
struct OneCheck {
  explicit OneCheck(TrialPlan plan = {}, Sample baseline = sample(100))
      : trial({check(std::move(baseline), {})}, plan, begin) {}

  // A minute of a result a second.
  void minute(Micros duration, bool success = true) {
    for (int i = 0; i < 60; ++i) {
      ResultRow row;
      row.start = begin + (minutes * 60 + i) * 1s;
      row.duration = duration + Micros(i);
      row.reason = success ? Reason::none : Reason::http_status;
      trial.add(0, row);
    }
    ++minutes;
  }
  Decision judged(bool last = false, const Surroundings& surroundings = {}) {
    return trial.judge(begin + minutes * 60s, last, surroundings);
  }

  Time begin{24h * 365 * 50};
  int minutes = 0;
  Trial trial;
};

}  // namespace

TEST_CASE("a ratio of errors is warning above 2 and critical above 5, where chance is ruled out") {
  const auto [baseline_errors, errors, ratio, level] = GENERATE(table<int, int, double, Level>({
      {100, 100, 1, Level::normal},
      {100, 200, 2, Level::normal},  // a limit itself belongs to the milder level
      {100, 201, 2.01, Level::warning},
      {100, 500, 5, Level::warning},
      {100, 501, 5.01, Level::critical},
      {0, 20, 2, Level::normal},  // against 0.1 %
      {0, 21, 2.1, Level::warning},
      {0, 50, 5, Level::warning},
      {0, 51, 5.1, Level::critical},
  }));
  CAPTURE(baseline_errors, errors);
  const ServiceRow row = service_of({check(sample(10'000, baseline_errors), sample(10'000, errors))});
  CHECK(row.error_ratio == Approx(ratio));
  CHECK(row.error_level == level);
  CHECK(row.error_reason.empty() == (level == Level::normal));
}

TEST_CASE("errors that may be chance are normal however large their ratio") {
  // (0 + 1) / (60 + 1) is expected: 11 of 360 or more come with p = 0.037, 12 with 0.017.
  CHECK(service_of({check(sample(60), sample(360, 11))}).error_level == Level::normal);
  const ServiceRow row = service_of({check(sample(60), sample(360, 12))});
  CHECK(row.error_level == Level::critical);
  CHECK(row.error_p_value == Approx(0.0171025655304139));
}

TEST_CASE("answers with a status of 500 to 599 are warning above 0.1 % and critical above 1 %") {
  const auto [errors, level, p_value] = GENERATE(table<int, Level, double>({
      {0, Level::normal, -1},
      {10, Level::normal, -1},
      {11, Level::normal, 0.4170},  // over the limit, by chance
      {18, Level::warning, 0.014233},
      {100, Level::warning, 0},
      {101, Level::warning, 0},  // over 1 %, by chance
      {123, Level::critical, 0.013894},
  }));
  CAPTURE(errors);
  const ServiceRow row = service_of({check(sample(10'000, 300), sample(10'000, errors, 503))});
  CHECK(row.server_error_level == level);
  if (p_value > 0) CHECK(*row.server_error_p_value == Approx(p_value).epsilon(0.01));
  if (p_value < 0) CHECK_FALSE(row.server_error_p_value);
}

TEST_CASE("health is warning under 100 % and critical under 90 %") {
  const auto [failed, level] = GENERATE(table<int, Level>({
      {0, Level::normal},
      {1, Level::warning},
      {10, Level::warning},
      {11, Level::critical},
  }));
  CAPTURE(failed);
  CHECK(service_of({check(sample(100, 10), sample(100, failed))}).health_level == level);
}

TEST_CASE("health is that of the checks where a service has some, else of its journeys") {
  CheckSamples journey = check(sample(50), sample(50, 25), "buy");
  journey.journey = true;
  CHECK(*service_of({check(sample(50), sample(50)), journey}).health == 1);
  CHECK(*service_of({journey}).health == 0.5);
}

TEST_CASE("a service's results are pooled, and services are apart") {
  const std::vector<CheckSamples> checks = {check(sample(50, 2), sample(50, 3), "a", "one"),
                                            check(sample(50, 1), sample(50, 4), "b", "one"),
                                            check(sample(30), sample(30), "c", "two")};
  const Judgement judgement = judge(checks, {});
  REQUIRE(judgement.services.size() == 2);
  CHECK(judgement.services[0].baseline_errors == 3);
  CHECK(judgement.services[0].errors == 7);
  CHECK(judgement.services[0].samples == 100);
  CHECK(judgement.services[1].errors == 0);
}

TEST_CASE("latency is warning above 1.25 and critical above 1.5 times the baseline's p95") {
  const auto [duration, level] = GENERATE(table<int, Level>({
      {100'000, Level::normal},
      {124'000, Level::normal},
      {126'000, Level::warning},
      {149'000, Level::warning},
      {151'000, Level::critical},
  }));
  CAPTURE(duration);
  CHECK(latency_of(check(sample(60), sample(360, 0, 200, Micros(duration)))).level == level);
}

TEST_CASE("p95 at a limit belongs to the milder level") {
  Sample baseline = sample(40);
  Sample current = sample(40);
  baseline.durations.assign(40, 100ms);
  const auto level = [&](Micros now) {
    current.durations.assign(40, now);
    return latency_of(check(baseline, current)).level;
  };
  CHECK(level(125ms) == Level::normal);
  CHECK(level(125'001us) == Level::warning);
  CHECK(level(150ms) == Level::warning);
  CHECK(level(150'001us) == Level::critical);
}

TEST_CASE("a rise of less than 10 ms is none") {
  CHECK(latency_of(check(sample(60, 0, 200, 5ms), sample(60, 0, 200, 14'990us))).level == Level::normal);
  CHECK(latency_of(check(sample(60, 0, 200, 5ms), sample(60, 0, 200, 15ms))).level == Level::critical);
}

TEST_CASE("a slow tail that ranks do not see is found by its counts") {
  Sample baseline = sample(120);
  Sample current = sample(360);
  for (std::size_t i = 0; i < 36; ++i) current.durations[i * 10] *= 5;
  current.sort();
  const LatencyRow row = latency_of(check(std::move(baseline), std::move(current)));
  CHECK(row.level == Level::critical);
  CHECK(row.ranks_125->p_value > 0.5);
  CHECK(*row.fisher_p < 0.001);
}

TEST_CASE("more checks need stronger evidence, each") {
  // So many of 20 twice as long, the others shorter than any of the baseline: ranks see nothing.
  const Sample baseline = sample(20);
  const auto slower = [&](std::size_t slow) {
    Sample current = sample(20, 0, 200, 99ms);
    for (std::size_t i = 0; i < slow; ++i) current.durations[i] *= 2;
    current.sort();
    return check(baseline, current, "slower");
  };
  const auto level = [&](std::size_t slow, int checks) {
    std::vector<CheckSamples> all = {slower(slow)};
    for (int i = 1; i < checks; ++i) all.push_back(check(baseline, baseline, std::to_string(i), "other"));
    return judge(all, {}).checks.front().level;
  };
  CHECK(latency_of(slower(5)).fisher_p == Approx(0.02356).epsilon(0.001));
  CHECK(level(5, 1) == Level::normal);  // over 0.02 / 2
  CHECK(latency_of(slower(7)).fisher_p == Approx(0.004159).epsilon(0.001));
  CHECK(level(7, 1) == Level::critical);
  CHECK(level(7, 2) == Level::critical);  // under 0.02 / 4
  CHECK(level(7, 3) == Level::normal);    // over 0.02 / 6
}

TEST_CASE("too few results on either side, or no baseline, is inconclusive") {
  CHECK(latency_of(check(sample(19), sample(100))).level == Level::inconclusive);
  CHECK(latency_of(check(sample(100), sample(19))).level == Level::inconclusive);
  CHECK(latency_of(check(sample(20), sample(20))).level == Level::normal);
  const LatencyRow none = latency_of(check({}, sample(100)));
  CHECK(none.level == Level::inconclusive);
  CHECK(none.reason == "web has no baseline");
  CheckSamples journey = check(sample(5), sample(5));
  journey.journey = true;
  CHECK(latency_of(journey).level == Level::normal);
  journey.current = sample(4);
  CHECK(latency_of(journey).level == Level::inconclusive);
}

TEST_CASE("a bad baseline is compared with only when that is asked for") {
  const auto [baseline, bad] = GENERATE(table<Sample, bool>({
      {sample(100, 10), false},
      {sample(100, 11), true},
      {sample(100, 1, 500), false},
      {sample(100, 2, 500), true},
  }));
  const CheckSamples one = check(baseline, sample(100));
  CHECK(service_of({one}).bad_baseline == bad);
  CHECK(worst(judge(std::vector{one}, {})) == (bad ? Level::inconclusive : Level::normal));
  CHECK(worst(judge(std::vector{one}, {.accept_bad_baseline = true})) == Level::normal);
  // What needs no baseline is judged anyway.
  CHECK(worst(judge(std::vector{check(baseline, sample(100, 50, 500))}, {})) == Level::critical);
}

TEST_CASE("results that the agent spoiled are none") {
  Sample spoiled;
  ResultRow row;
  row.reason = Reason::agent_descriptors;
  spoiled.add(row);
  CHECK(spoiled == Sample{});
}

TEST_CASE("critical outweighs inconclusive, which outweighs warning") {
  CHECK(worse(Level::critical, Level::inconclusive) == Level::critical);
  CHECK(worse(Level::inconclusive, Level::warning) == Level::inconclusive);
  CHECK(worse(Level::warning, Level::normal) == Level::warning);
  CHECK(verdict_of(Level::critical) == Verdict::rollback);
  CHECK(verdict_of(Level::normal) == Verdict::pass);
}

TEST_CASE("p95 over 50 % more is critical at two minutes in a row") {
  OneCheck one;
  one.minute(200ms);
  CHECK(one.judged().verdict == Verdict::warning);
  one.minute(200ms);
  const Decision second = one.judged();
  CHECK(second.verdict == Verdict::rollback);
  CHECK_THAT(second.reasons.front(), Catch::StartsWith("p95 of web is 200.1 ms, 100 % over 100.1 ms"));
}

TEST_CASE("a short trial has no second minute: the last one decides") {
  OneCheck one({.length = 1min});
  one.minute(200ms);
  CHECK(one.judged(true).verdict == Verdict::rollback);
  OneCheck long_one({.length = 6min});
  for (int i = 0; i < 5; ++i) {
    long_one.minute(100ms);
    CHECK(long_one.judged().verdict == Verdict::pass);
  }
  long_one.minute(200ms);
  CHECK(long_one.judged(true).verdict == Verdict::warning);
}

TEST_CASE("latency is judged over the last five minutes") {
  OneCheck one;
  one.minute(200ms);
  for (int i = 0; i < 4; ++i) one.minute(100ms);
  CHECK(one.judged().judgement.checks.front().p95 > 199ms);
  one.minute(100ms);
  CHECK(one.judged(true).judgement.checks.front().p95 < 101ms);
}

TEST_CASE("health under 80 % of ten results ends a trial at once") {
  OneCheck one;
  ResultRow row;
  row.start = one.begin;
  for (int i = 0; i < 7; ++i) one.trial.add(0, row);
  row.reason = Reason::connect_refused;
  row.first_reason = row.reason;
  one.trial.add(0, row);
  one.trial.add(0, row);
  CHECK_FALSE(one.trial.unhealthy());  // 7 of 9
  one.trial.add(0, row);
  CHECK(one.trial.unhealthy());  // 7 of 10
  CHECK(one.judged().verdict == Verdict::rollback);
}

TEST_CASE("triggers are fewer than critical rows") {
  const TrialPlan plan{.rollback_on = RollbackOn::triggers};
  SECTION("p95 must stay up for more than five minutes") {
    OneCheck one(plan);
    for (int i = 1; i <= 6; ++i) {
      one.minute(200ms);
      CHECK(one.judged(i == 6).verdict == (i == 6 ? Verdict::rollback : Verdict::warning));
    }
  }
  SECTION("health must be under 80 %") {
    OneCheck one(plan, sample(100, 10));
    for (int i = 0; i < 60; ++i) {
      ResultRow row;
      row.start = one.begin;
      row.reason = i % 20 < 3 ? Reason::http_status : Reason::none;
      one.trial.add(0, row);
    }
    const Decision decision = one.judged();
    CHECK(decision.judgement.services.front().health_level == Level::critical);
    CHECK(decision.verdict == Verdict::warning);
  }
  SECTION("critical alerts and errors are triggers, the processor is none") {
    OneCheck one(plan);
    one.minute(100ms);
    CHECK(one.judged(false, {.resources = {{"CPU", 95}}}).verdict == Verdict::warning);
    CHECK(one.judged(false, {.alerts = {"DiskFull"}}).verdict == Verdict::rollback);
  }
}

TEST_CASE("CPU and memory are warning above 80 % and critical above 90 %") {
  const auto [percent, verdict] = GENERATE(table<double, Verdict>({
      {80, Verdict::pass},
      {80.1, Verdict::warning},
      {90, Verdict::warning},
      {90.1, Verdict::rollback},
  }));
  OneCheck one;
  one.minute(100ms);
  CHECK(one.judged(false, {.resources = {{"CPU", percent}}}).verdict == verdict);
}

TEST_CASE("what is configured and does not answer is inconclusive, unless something is critical") {
  OneCheck one;
  one.minute(100ms);
  const Surroundings silent{.unanswered = {"Prometheus does not answer"}};
  CHECK(one.judged(false, silent).verdict == Verdict::inconclusive);
  one.minute(100ms, false);
  const Decision decision = one.judged(false, silent);
  CHECK(decision.verdict == Verdict::rollback);
  CHECK(decision.reasons.back() == "Prometheus does not answer");
}
