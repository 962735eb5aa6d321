#pragma once

// The gate's rows: how much worse a service is than its baseline, and whether that is more than chance. docs/gate.md
// has the limits and what they mean; a limit itself belongs to the milder level.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sla/gate/mann_whitney.hpp"
#include "sla/gate/sample.hpp"

namespace nines::sla::gate {

// In the order in which they decide: the last outweighs all others.
enum class Level { normal, warning, inconclusive, critical };
std::string_view level_name(Level level);
inline Level worse(Level a, Level b) {
  return a > b ? a : b;
}

enum class Verdict { pass, warning, inconclusive, rollback };
std::string_view verdict_name(Verdict verdict);
Verdict verdict_of(Level level);

struct Rules {
  int min_samples = 20;         // of a check on either side …
  int min_journey_samples = 5;  // … and of a journey
  bool accept_bad_baseline = false;
};

// Latency of one check.
struct LatencyRow {
  std::string name;
  std::string service;
  bool journey = false;
  std::int64_t baseline_samples = 0;
  std::int64_t samples = 0;
  std::int64_t baseline_errors = 0;
  std::int64_t errors = 0;
  // None: no successful result on that side.
  std::optional<Micros> p95_baseline;
  std::optional<Micros> p95;
  std::optional<double> increase;        // 0.5: half as long again
  std::optional<MannWhitney> ranks;      // against the baseline …
  std::optional<Shift> shift;            // … as is this
  std::optional<MannWhitney> ranks_125;  // against the baseline times 1.25, for critical
  std::optional<double> fisher_p;        // counts above 1.5 times the baseline's p95
  Level level = Level::normal;
  std::string reason;  // why it is not normal; empty: it is
};

// Errors, answers with a status of 500 to 599, and health, of all results of one service. Health is that of its checks,
// or of its journeys where it has no checks.
struct ServiceRow {
  std::string name;
  std::int64_t baseline_samples = 0;
  std::int64_t samples = 0;
  std::int64_t baseline_errors = 0;
  std::int64_t errors = 0;
  std::int64_t server_errors = 0;
  std::int64_t health_samples = 0;
  std::int64_t healthy = 0;
  std::optional<double> error_ratio;    // to max(baseline, 0.1 %); none: not judged
  std::optional<double> error_p_value;  // binomial
  Level error_level = Level::normal;
  std::string error_reason;                    // like the others below, empty where the level is normal
  std::optional<double> server_error_rate;     // none: no results
  std::optional<double> server_error_p_value;  // against the limit that was crossed, the higher one that holds
  Level server_error_level = Level::normal;
  std::string server_error_reason;
  std::optional<double> health;  // none: no results
  Level health_level = Level::normal;
  std::string health_reason;
  bool bad_baseline = false;
  Level level = Level::normal;  // the worst of the three
};

struct Judgement {
  std::vector<LatencyRow> checks;
  std::vector<ServiceRow> services;
};

// The counts alone, of each service in the order of their first check.
std::vector<ServiceRow> pool(std::span<const CheckSamples> checks);

// The durations are sorted.
Judgement judge(std::span<const CheckSamples> checks, const Rules& rules);

// The worst level of all rows.
Level worst(const Judgement& judgement);

}  // namespace nines::sla::gate
