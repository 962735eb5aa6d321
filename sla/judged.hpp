#pragma once

// One series judged: which results are void, which failure runs are confirmed, and what each moment was.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sla/model.hpp"
#include "sla/timeline.hpp"

namespace nines::sla {

// The scheduled results of a series in time order. Keeps a copy only where the series is not in that form already;
// the series outlives this.
class OrderedRows {
 public:
  explicit OrderedRows(const Series& series);
  OrderedRows(OrderedRows&&) noexcept = default;
  OrderedRows& operator=(OrderedRows&&) noexcept = default;
  std::span<const ResultRow> rows() const { return rows_; }

 private:
  std::vector<ResultRow> copy_;
  std::span<const ResultRow> rows_;
};

// A confirmed failure run. `end` is where its last span ends.
struct FailureRun {
  std::size_t first = 0;  // positions in the ordered rows; voids may lie between
  std::size_t last = 0;
  Time begin{};
  Time end{};
  Reason reason = Reason::none;  // of the first failure
};

// Results with their spans and what the agent's own faults take away.
struct SpannedSeries {
  const Series* series = nullptr;
  OrderedRows ordered;
  std::vector<Time> ends;           // of each row's span, a void's included
  std::vector<std::uint8_t> voids;  // 1: void
  std::vector<Time> stretch_ends;   // of each stretch's span

  std::span<const ResultRow> rows() const { return ordered.rows(); }
  std::span<const Stretch> stretches() const { return series->stretches; }
};
// Voids by reason only.
SpannedSeries spanned(const Series& series, std::span<const ClockStep> clock_steps);

// Confirmed runs over all rows; `confirm_after` none: the check's warning threshold in force at each result.
std::vector<FailureRun> confirmed_runs(const SpannedSeries& spanned, std::optional<int> confirm_after);

// The moments of `region` at which every uplink check that takes part lies in a confirmed failure run or one interval
// before it (docs/sla.md, "void"): failing results that start then are void.
std::vector<Period> uplink_outages(const History& history, const std::string& region);
void void_failures(SpannedSeries& spanned, std::span<const Period> uplink_outages);

struct JudgedSeries {
  SpannedSeries spanned;
  std::vector<FailureRun> runs;
  Timeline part;    // up or absent
  Timeline state;   // unknown, up, down
  Timeline strict;  // the same with confirm_after 1 and first attempts

  const SeriesKey& key() const { return spanned.series->key; }
};
// Spans are cut at as_of.
JudgedSeries judge(SpannedSeries spanned, std::optional<int> confirm_after, Time as_of);

}  // namespace nines::sla
