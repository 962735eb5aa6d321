#pragma once

// What a report shows of an objective beside its figures: how it went over time, what the failures left, what is owed.
// Plain data; times UTC, durations in microseconds. What does not apply to the objective's indicator is empty.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/decimal.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "sla/model.hpp"

namespace nines::reports {

// Uptime: one hour of the local clock (the first and last may be shorter; in a period of more than 400 days: one day)
// of the net combined state.
struct StripCell {
  Period span;
  sla::UptimeTimes times;
  Reason reason = Reason::none;  // of the first outage that it was down in
};

// Latency and error rate: one slice of the period; slices are even and cover it up to as_of.
struct Slice {
  Period span;
  std::int64_t samples = 0;  // results that count
  std::int64_t bad = 0;      // of them: errors, or not under the limit
  std::int64_t failures = 0;
  std::optional<Micros> p50, p95, p99;  // latency: of its finite durations; none: no sample
};

// Latency: results with from <= duration < to. Bins are logarithmic and follow each other.
struct Bin {
  Micros from{0};
  Micros to{0};
  std::int64_t count = 0;
};

// The share of the error budget that is left at a moment; below 0 when more was spent.
struct BudgetPoint {
  Time at{};
  double remaining = 1;
};

// What the first failure of an outage left, of the same index as UptimeFigures::outages.
struct OutageEvidence {
  std::string check;
  std::string region;
  Time at{};
  std::string message;  // empty: nothing is stored any more
  std::string address;
  std::string failed_step;
  std::string trace_id;
};

// A contract's credit. `due` is none while the period runs or the verdict is inconclusive: `why` says which.
struct CreditDue {
  std::optional<Decimal> percent;  // of the fee as a ratio; 0: none is due
  std::optional<config::CreditTier> tier;
  std::string why;
};

// One of the last twelve periods, the oldest first; the last is the report's own.
struct TrendPoint {
  std::string label;  // "2026-09"
  sla::Verdict verdict = sla::Verdict::inconclusive;
  std::optional<sla::Ratio> ratio;  // uptime, error rate
  std::optional<Micros> latency;
  std::optional<double> value;  // prometheus, in the objective's unit
  bool infinite = false;        // latency
  bool no_data = true;          // nothing is stored of it
  std::int64_t down_us = 0;     // uptime
};

struct Detail {
  std::vector<StripCell> strip;
  std::vector<Slice> slices;
  std::vector<Bin> distribution;
  std::optional<Micros> p50, p95, p99;  // latency: over the whole period
  std::vector<BudgetPoint> budget;
  std::vector<OutageEvidence> evidence;
  std::optional<CreditDue> credit;
  std::vector<TrendPoint> trend;
};

}  // namespace nines::reports
