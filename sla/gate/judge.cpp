#include "sla/gate/judge.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "sla/gate/distributions.hpp"
#include "sla/gate/fisher.hpp"

namespace nines::sla::gate {
namespace {

using namespace std::chrono_literals;

constexpr double kSignificance = 0.02;
constexpr Micros kLeastRise = 10ms;

double ratio(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

// part / whole > numerator / denominator, exactly.
bool over(std::int64_t part, std::int64_t whole, std::int64_t numerator, std::int64_t denominator) {
  return part * denominator > whole * numerator;
}

std::string percent(double share) {
  return fmt::format("{:.3g} %", share * 100);
}

std::string times(double value) {
  return value < 10 ? fmt::format("{:.2f}", value) : fmt::format("{:.0f}", value);
}

// Fewer results than it takes, on the side that is told.
std::string too_few(const CheckSamples& check, const Rules& rules) {
  const int least = check.journey ? rules.min_journey_samples : rules.min_samples;
  if (check.baseline.results == 0) return fmt::format("{} has no baseline", check.name);
  const auto side = [&](std::int64_t has, const char* name) {
    return fmt::format("{} has {} results {}: at least {} are needed", check.name, has, name, least);
  };
  if (check.baseline.results < least) return side(check.baseline.results, "in its baseline");
  if (check.current.results < least) return side(check.current.results, "now");
  return {};
}

LatencyRow figures(const CheckSamples& check) {
  const Sample& before = check.baseline;
  const Sample& now = check.current;
  LatencyRow row;
  row.name = check.name;
  row.service = check.service;
  row.journey = check.journey;
  row.baseline_samples = before.results;
  row.samples = now.results;
  row.baseline_errors = before.errors;
  row.errors = now.errors;
  if (!before.durations.empty()) row.p95_baseline = p95(before.durations);
  if (!now.durations.empty()) row.p95 = p95(now.durations);
  if (!row.p95 || !row.p95_baseline) return row;
  if (row.p95_baseline->count() > 0) row.increase = ratio(row.p95->count(), row.p95_baseline->count()) - 1;
  row.ranks = mann_whitney(before.durations, now.durations);
  row.ranks_125 = mann_whitney(before.durations, now.durations, {5, 4});
  row.shift = hodges_lehmann(before.durations, now.durations);
  const auto above = [limit = *row.p95_baseline](const Sample& sample) {
    const auto count = std::ranges::count_if(sample.durations, [&](Micros value) { return value * 2 > limit * 3; });
    return Share{count, static_cast<std::int64_t>(sample.durations.size())};
  };
  row.fisher_p = fisher(above(before), above(now));
  return row;
}

Level latency_level(const LatencyRow& row, double significance) {
  if (!row.p95 || !row.p95_baseline) return Level::normal;
  const std::int64_t before = row.p95_baseline->count();
  const std::int64_t now = row.p95->count();
  if (*row.p95 - *row.p95_baseline < kLeastRise) return Level::normal;
  const bool tail = *row.fisher_p <= significance;
  if (over(now, before, 3, 2) && (tail || row.ranks_125->p_value <= significance)) return Level::critical;
  if (over(now, before, 5, 4) && (tail || row.ranks->p_value <= significance)) return Level::warning;
  return Level::normal;
}

LatencyRow latency(const CheckSamples& check, const Rules& rules, const ServiceRow& service, double significance) {
  LatencyRow row = figures(check);
  if (std::string few = too_few(check, rules); !few.empty()) {
    row.level = Level::inconclusive;
    row.reason = std::move(few);
    return row;
  }
  if (service.bad_baseline && !rules.accept_bad_baseline) {
    row.level = Level::inconclusive;
    row.reason = service.error_reason;
    return row;
  }
  row.level = latency_level(row, significance);
  if (row.level != Level::normal) {
    row.reason = fmt::format("p95 of {} is {:.1f} ms, {:.0f} % over {:.1f} ms in its baseline", row.name,
                             milliseconds(*row.p95), row.increase.value_or(0) * 100, milliseconds(*row.p95_baseline));
  }
  return row;
}

// One limit of the row of 5xx answers: that it is crossed, and by more than chance.
bool crossed(const ServiceRow& row, std::int64_t per_thousand, double& p_value) {
  if (!over(row.server_errors, row.samples, per_thousand, 1000)) return false;
  p_value = binomial_tail(row.server_errors, row.samples, static_cast<double>(per_thousand) / 1000);
  return p_value <= kSignificance;
}

void judge_server_errors(ServiceRow& row) {
  if (row.samples == 0) return;
  row.server_error_rate = ratio(row.server_errors, row.samples);
  constexpr std::array<std::pair<Level, int>, 2> kLimits = {{{Level::critical, 10}, {Level::warning, 1}}};
  for (const auto& [level, per_thousand] : kLimits) {
    double p_value = 1;
    const bool holds = crossed(row, per_thousand, p_value);
    if (p_value < 1) row.server_error_p_value = p_value;
    if (!holds) continue;
    row.server_error_level = level;
    row.server_error_reason =
        fmt::format("{} of {} answers of {} have a status of 500 to 599 ({}, p = {:.2g})", row.server_errors,
                    row.samples, row.name, percent(*row.server_error_rate), p_value);
    return;
  }
}

void judge_errors(ServiceRow& row) {
  if (row.samples == 0 || row.baseline_samples == 0) return;
  const double now = ratio(row.errors, row.samples);
  const double before = ratio(row.baseline_errors, row.baseline_samples);
  // The baseline, or 0.1 % where it is less: errors x N per max(1000 e, N).
  const std::int64_t base = std::max(row.baseline_errors * 1000, row.baseline_samples);
  const auto ratio_over = [&](std::int64_t times) {
    return __extension__ static_cast<__int128>(row.errors) * row.baseline_samples * 1000 >
           __extension__ static_cast<__int128>(times) * base * row.samples;
  };
  row.error_ratio = now / std::max(before, 0.001);
  const double expected = std::max(0.001, ratio(row.baseline_errors + 1, row.baseline_samples + 1));
  row.error_p_value = binomial_tail(row.errors, row.samples, expected);
  if (!ratio_over(2) || *row.error_p_value > kSignificance) return;
  row.error_level = ratio_over(5) ? Level::critical : Level::warning;
  row.error_reason =
      fmt::format("{} of {} results of {} failed ({}), {} times the baseline's {} (p = {:.2g})", row.errors,
                  row.samples, row.name, percent(now), times(*row.error_ratio), percent(before), *row.error_p_value);
}

void judge_health(ServiceRow& row) {
  if (row.health_samples == 0) return;
  row.health = ratio(row.healthy, row.health_samples);
  if (row.healthy == row.health_samples) return;
  row.health_level = row.healthy * 10 < row.health_samples * 9 ? Level::critical : Level::warning;
  row.health_reason = fmt::format("{} of {} health checks of {} succeeded ({})", row.healthy, row.health_samples,
                                  row.name, percent(*row.health));
}

// 5xx over 1 % or health under 90 %.
bool is_bad(const ServiceRow& row, std::int64_t server_errors, std::int64_t healthy, std::int64_t health_samples) {
  return over(server_errors, row.baseline_samples, 1, 100) || healthy * 10 < health_samples * 9;
}

ServiceRow pool(const std::string& service, std::span<const CheckSamples> checks) {
  const auto of_service = [&](const CheckSamples& check) { return check.service == service; };
  const bool has_checks =
      std::ranges::any_of(checks, [&](const CheckSamples& check) { return of_service(check) && !check.journey; });
  ServiceRow row;
  row.name = service;
  std::int64_t bad_answers = 0;
  std::int64_t baseline_healthy = 0;
  std::int64_t baseline_health = 0;
  for (const CheckSamples& check : checks) {
    if (!of_service(check)) continue;
    row.baseline_samples += check.baseline.results;
    row.samples += check.current.results;
    row.baseline_errors += check.baseline.errors;
    row.errors += check.current.errors;
    row.server_errors += check.current.server_errors;
    bad_answers += check.baseline.server_errors;
    if (check.journey && has_checks) continue;
    row.health_samples += check.current.results;
    row.healthy += check.current.successes();
    baseline_health += check.baseline.results;
    baseline_healthy += check.baseline.successes();
  }
  row.bad_baseline = row.baseline_samples > 0 && is_bad(row, bad_answers, baseline_healthy, baseline_health);
  return row;
}

void judge_service(ServiceRow& row, const Rules& rules) {
  judge_server_errors(row);
  judge_health(row);
  row.level = worse(row.server_error_level, row.health_level);
  if (row.bad_baseline && !rules.accept_bad_baseline) {
    row.error_level = Level::inconclusive;
    row.error_reason =
        fmt::format("the baseline of {} was bad itself: its errors and latency are not compared", row.name);
  } else {
    judge_errors(row);
  }
  row.level = worse(row.level, row.error_level);
}

}  // namespace

std::string_view level_name(Level level) {
  constexpr std::array<std::string_view, 4> kNames = {"normal", "warning", "inconclusive", "critical"};
  return kNames.at(static_cast<std::size_t>(level));
}

std::string_view verdict_name(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames = {"pass", "warning", "inconclusive", "rollback"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

Verdict verdict_of(Level level) {
  return static_cast<Verdict>(level);
}

std::vector<ServiceRow> pool(std::span<const CheckSamples> checks) {
  std::vector<ServiceRow> rows;
  for (const CheckSamples& check : checks) {
    if (std::ranges::find(rows, check.service, &ServiceRow::name) != rows.end()) continue;
    rows.push_back(pool(check.service, checks));
  }
  return rows;
}

Judgement judge(std::span<const CheckSamples> checks, const Rules& rules) {
  Judgement judgement;
  judgement.services = pool(checks);
  for (ServiceRow& row : judgement.services) judge_service(row, rules);
  const double significance = kSignificance / (2 * static_cast<double>(std::max<std::size_t>(checks.size(), 1)));
  for (const CheckSamples& check : checks) {
    const ServiceRow& service = *std::ranges::find(judgement.services, check.service, &ServiceRow::name);
    judgement.checks.push_back(latency(check, rules, service, significance));
  }
  return judgement;
}

Level worst(const Judgement& judgement) {
  Level level = Level::normal;
  for (const LatencyRow& row : judgement.checks) level = worse(level, row.level);
  for (const ServiceRow& row : judgement.services) level = worse(level, row.level);
  return level;
}

}  // namespace nines::sla::gate
