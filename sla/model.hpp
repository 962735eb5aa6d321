#pragma once

// What SLA arithmetic works on, and what it gives. Pure data; times in integer microseconds since the epoch, UTC.
// The meaning of every figure is docs/sla.md; the words here are its words.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/decimal.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "config/objectives.hpp"

namespace nines::sla {

// What was in force for a check from `from` on, until the next entry.
struct Settings {
  Time from{};
  Micros interval{0};
  Micros stale_after{0};
  int warning = 3;
  std::string service;
  bool removed = false;  // the check left the configuration at `from`
};

// Results in a row told together. Each is a scheduled success at the first attempt with a status under 500, begins
// within stale_after of the one before and lasted no longer than that: together they speak for one span. No moment that
// figures tell apart (Condenser says which) lies after its first start, up to its last.
struct Stretch {
  Time first{};  // starts
  Time last{};
  std::int64_t count = 0;
  Micros stale_after{0};    // in force for each
  std::uint32_t block = 0;  // of Series::timed, where the times of its results are: at …
  std::uint32_t timed_at = 0;
  std::size_t timed = 0;  // … and as many as have one; 0 also where they were not asked for
};

// Everything known of one check in one region.
struct Series {
  SeriesKey key;
  bool journey = false;
  bool uplink = false;
  std::vector<ResultRow> rows;     // any order; duplicates of a start time are the caller's bug
  std::vector<Settings> settings;  // of the check, sorted by `from`; at least one. The first `from` is the first load:
                                   // where no load was ever stored, the moment the configuration at hand was read
  std::optional<Time> first_result = std::nullopt;  // of all that is stored, where `rows` begins later
  std::vector<Stretch> stretches = {};              // in order of time; `rows` holds none of their results
  // Microseconds, of checks durations, of journeys measured times; in blocks, so that parts are put together uncopied.
  std::vector<std::vector<std::uint32_t>> timed = {};

  bool empty() const { return rows.empty() && stretches.empty(); }
  std::span<const std::uint32_t> times_of(const Stretch& stretch) const {
    if (stretch.timed == 0) return {};
    return std::span(timed[stretch.block]).subspan(stretch.timed_at, stretch.timed);
  }
};

// A step of a region's wall clock of more than a second: no span crosses it.
struct ClockStep {
  std::string region;
  Time at{};
};

// Raw material of every figure: all series of the checks an objective names (all regions), and the uplink checks.
struct History {
  std::vector<Series> series;
  std::vector<ClockStep> clock_steps;
  std::vector<config::Maintenance> maintenance;
};

enum class Verdict { met, missed, inconclusive };
enum class Level { ok, warning, critical };

// An exact ratio part / whole of microseconds or counts; whole 0: n/a.
struct Ratio {
  std::int64_t part = 0;
  std::int64_t whole = 0;

  bool known() const { return whole > 0; }
  double value() const { return static_cast<double>(part) / static_cast<double>(whole); }
  bool operator==(const Ratio&) const = default;
};

// A calendar or rolling window of an objective.
struct ReportPeriod {
  Period period;
  std::string time_zone;
  std::string label;          // "2026-10", "2026-Q4", "2026", "last 30d", "2026-10-01T00:00:00Z – …"
  std::string calendar = {};  // "2026-10": the calendar period that this is, or that it ends with; empty: neither
};

struct Outage {
  Period extent;                 // first to last down moment, whole even where it crosses an edge
  Micros length{0};              // its down time
  Micros inside{0};              // the part of it inside the period
  bool ongoing = false;          // still down at as_of
  bool open_before = false;      // the history holds no up time before it: it may be longer where more is stored
  bool open_after = false;       // nor after it, up to as_of: see ended()
  Reason reason = Reason::none;  // of the first failure
  std::vector<std::string> checks;
  std::vector<std::string> regions;
  SeriesKey first = {};     // of the first failure: its check and region …
  Time first_failure = {};  // … and its start, before the extent where a window or the quorum held it back

  // Up time followed. False also where only unknown or excluded time did: then nobody knows when it ended.
  bool ended() const { return !open_after; }
};

// Time of the combined state; up + down + unknown + excluded = the period (to as_of while it runs).
struct UptimeTimes {
  Micros up{0};
  Micros down{0};
  Micros unknown{0};
  Micros excluded{0};
  Ratio measured() const { return {up.count(), (up + down).count()}; }
  bool operator==(const UptimeTimes&) const = default;
};

struct RegionFigure {
  std::string region;
  Ratio coverage;
  Ratio measured;                       // uptime, error rate
  std::optional<Micros> measured_time;  // latency; none: no samples, or infinite
  bool infinite = false;                // latency
};

// Exact: allowed_ratio x over less spent. The doubles are for JSON; printed texts come from figures.hpp.
struct TimeBudget {
  Decimal allowed_ratio;  // 1 - target
  Micros over{0};         // known time; while a period runs, all of it less exclusions and unknown so far
  Micros spent{0};
  double allowed_seconds = 0;
  double spent_seconds = 0;
  double remaining_seconds = 0;
  std::optional<double> remaining_ratio;  // none where nothing was allowed and nothing spent; -infinity: only spent
};

struct CountBudget {
  Decimal allowed_ratio;  // of latency 1 - N/100, of error rate the target
  std::int64_t over = 0;  // samples
  double allowed = 0;
  std::int64_t spent = 0;
  std::optional<double> remaining_ratio;  // as above
};

struct UptimeFigures {
  UptimeTimes net;
  UptimeTimes gross;            // without exclusions
  UptimeTimes strict;           // confirm_after 1, first attempts; with exclusions
  std::vector<Outage> outages;  // that touch the period, in time order
  std::optional<Micros> mttr;   // rounded up to the microsecond
  std::optional<Micros> mtbf;   // rounded down
  TimeBudget budget;
};

struct LatencyFigures {
  Decimal percentile;
  config::LatencyOf of{};
  std::int64_t samples = 0;
  std::optional<Micros> measured;  // none: no samples, or infinite
  bool infinite = false;           // `strict`: the rank fell on a failure
  std::int64_t bad = 0;            // not under the limit
  CountBudget budget;
};

struct ErrorFigures {
  config::ErrorsAre errors_are{};
  std::int64_t errors = 0;
  std::int64_t samples = 0;
  Ratio measured() const { return {errors, samples}; }
  CountBudget budget;
};

// What a Prometheus said to an objective's query: the evidence of its figure.
struct PrometheusFigures {
  Time asked_for{};             // the moment that the query was evaluated at
  std::optional<double> value;  // in the objective's unit, may be infinite; none: `trouble` says why
  std::string answer;           // as it came, cut; empty: none came
  std::string trouble;          // for people: "http://127.0.0.1:9090 gave no answer: …"
};

struct Evaluation {
  const config::Objective* objective = nullptr;  // the caller's, outlives this
  ReportPeriod period;
  Time as_of{};
  bool running = false;  // the period ends after as_of
  Verdict verdict = Verdict::inconclusive;
  std::string why;  // for inconclusive and strict misses: one sentence for people; empty otherwise
  Level level = Level::ok;
  std::optional<bool> on_track;  // running periods
  Ratio coverage;
  std::optional<UptimeFigures> uptime;  // exactly one of these four
  std::optional<LatencyFigures> latency;
  std::optional<ErrorFigures> error_rate;
  std::optional<PrometheusFigures> prometheus;
  std::vector<RegionFigure> regions;
};

}  // namespace nines::sla
