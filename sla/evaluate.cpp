#include "sla/evaluate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sla/budget.hpp"
#include "sla/exact.hpp"
#include "sla/figures.hpp"
#include "sla/outages.hpp"
#include "sla/samples.hpp"
#include "sla/subject.hpp"
#include "sla/verdict.hpp"

namespace nines::sla {

UptimeTimes times_of(const Timeline& combined, const Period& period) {
  const auto spent = combined.measure(period);
  return {spent[index(TimeState::up)], spent[index(TimeState::down)], spent[index(TimeState::unknown)],
          spent[index(TimeState::excluded)]};
}

Period period_so_far(const Evaluation& evaluation) {
  const Period& whole = evaluation.period.period;
  return {whole.from, std::max(whole.from, std::min(whole.to, evaluation.as_of))};
}

namespace {

Ratio coverage_of(const UptimeTimes& times) {
  const Micros known = times.up + times.down;
  return {known.count(), (known + times.unknown).count()};
}

// The parts of an evaluation that the three indicators share.
struct Frame {
  const Subject* subject;
  Period so_far;     // the period, to as_of while it runs
  Micros remaining;  // time of the period after as_of that is not excluded
  Evaluation* out;

  const config::Objective& objective() const { return *subject->objective; }
};

const char* what_is_missing(const Ratio& coverage) {
  return coverage.whole == 0 ? "all of the period is excluded" : "nothing is known of the period";
}

std::string too_little_known(const Ratio& coverage, const Decimal& least) {
  return fmt::format("coverage is {}, under the {} % that a verdict needs", print_percent(coverage, RoundTo::down),
                     least.shifted(2).text());
}

constexpr const char* kStillRunning = "the period is still running and the time that remains can change the outcome";

// ---- uptime

Verdict verdict_with_remaining(const Frame& frame, const UptimeTimes& times) {
  const config::Limit& target = frame.objective().target;
  const Decimal least = min_coverage_of(frame.objective());
  if (times.up + times.down == Micros(0)) return Verdict::inconclusive;
  const Verdict if_down = judge_uptime(target, least, times.up, times.down + frame.remaining, times.unknown);
  const Verdict if_up = judge_uptime(target, least, times.up + frame.remaining, times.down, times.unknown);
  return if_down == if_up ? if_down : Verdict::inconclusive;
}

Level level_of(const config::Objective& objective, const UptimeTimes& times) {
  const Decimal least = min_coverage_of(objective);
  const auto judged = [&](const config::Limit& limit) {
    return judge_uptime(limit, least, times.up, times.down, times.unknown);
  };
  if (objective.critical && judged(not_crossing(*objective.critical)) == Verdict::missed) return Level::critical;
  return judged(objective.target) == Verdict::missed ? Level::warning : Level::ok;
}

std::string why_uptime(const Frame& frame, const UptimeFigures& uptime) {
  const Ratio& coverage = frame.out->coverage;
  const config::Limit& target = frame.objective().target;
  if (coverage.part == 0) return what_is_missing(coverage);
  if (frame.out->verdict == Verdict::inconclusive) {
    if (frame.remaining > Micros(0)) return kStillRunning;
    return too_little_known(coverage, min_coverage_of(frame.objective()));
  }
  const Ratio strict = uptime.strict.measured();
  if (frame.out->verdict == Verdict::met && strict.known() && !holds(target, strict.part, strict.whole)) {
    return fmt::format("met, but strict uptime, which counts every failed first attempt, misses the target: {}",
                       print_percent(strict, RoundTo::down, &target));
  }
  return {};
}

void evaluate_uptime(Frame& frame, const Timeline& net) {
  const Subject& subject = *frame.subject;
  Evaluation& out = *frame.out;
  UptimeFigures uptime;
  uptime.net = times_of(net, frame.so_far);
  uptime.gross = times_of(combined(subject, {.exclusions = false}), frame.so_far);
  uptime.strict = times_of(combined(subject, {.strict = true}), frame.so_far);
  uptime.outages = find_outages(subject, net, frame.so_far, out.as_of);
  uptime.mttr = mean_time_to_repair(uptime.outages, frame.so_far);
  uptime.mtbf = mean_time_between(uptime.outages, frame.so_far, uptime.net.up);
  uptime.budget =
      time_budget(allowed_ratio(frame.objective()), uptime.net.up + uptime.net.down + frame.remaining, uptime.net.down);
  for (const std::string& region : subject.regions) {
    const UptimeTimes times = times_of(combined(subject, {.only_region = &region}), frame.so_far);
    out.regions.push_back({region, coverage_of(times), times.measured(), std::nullopt});
  }
  out.coverage = coverage_of(uptime.net);
  out.verdict = verdict_with_remaining(frame, uptime.net);
  out.level = level_of(frame.objective(), uptime.net);
  const Ratio measured = uptime.net.measured();
  if (out.running && measured.known()) {
    out.on_track = out.verdict == Verdict::inconclusive ? holds(frame.objective().target, measured.part, measured.whole)
                                                        : out.verdict == Verdict::met;
  }
  out.why = why_uptime(frame, uptime);
  out.uptime = std::move(uptime);
}

// ---- error rate and latency

// How a figure over single results stands against the limits, were it judged now.
struct Standing {
  std::int64_t samples = 0;
  bool meets = false;
  bool critical = false;
};

void judge_counted(Frame& frame, const Standing& standing) {
  Evaluation& out = *frame.out;
  const config::Objective& objective = frame.objective();
  const Decimal least = min_coverage_of(objective);
  out.coverage = summed_coverage(*frame.subject, frame.so_far, nullptr);
  if (out.running && standing.samples > 0) out.on_track = standing.meets;
  if (out.coverage.part == 0) {
    out.why = what_is_missing(out.coverage);
  } else if (standing.samples == 0) {
    out.why = "no result counts in the period";
  } else if (standing.samples < objective.min_samples) {
    out.why = fmt::format("{} {}, fewer than the {} that a verdict needs", standing.samples,
                          standing.samples == 1 ? "result" : "results", objective.min_samples);
  } else if (!enough(out.coverage, least)) {
    out.why = too_little_known(out.coverage, least);
  } else {
    out.level = standing.critical ? Level::critical : standing.meets ? Level::ok : Level::warning;
    if (frame.remaining > Micros(0)) {
      out.why = kStillRunning;
    } else {
      out.verdict = standing.meets ? Verdict::met : Verdict::missed;
    }
  }
}

void evaluate_error_rate(Frame& frame) {
  const Subject& subject = *frame.subject;
  const config::Objective& objective = frame.objective();
  const ErrorCount count = count_errors(subject, frame.so_far, nullptr);
  const auto against = [&](const config::Limit& limit) {
    return count.samples > 0 && holds(limit, count.errors, count.samples);
  };
  for (const std::string& region : subject.regions) {
    const ErrorCount own = count_errors(subject, frame.so_far, &region);
    const Ratio coverage = summed_coverage(subject, frame.so_far, &region);
    frame.out->regions.push_back({region, coverage, {own.errors, own.samples}, std::nullopt});
  }
  judge_counted(frame, {count.samples, against(objective.target), objective.critical && against(*objective.critical)});
  frame.out->error_rate = ErrorFigures{objective.errors, count.errors, count.samples,
                                       count_budget(allowed_ratio(objective), count.samples, count.errors)};
}

void evaluate_latency(Frame& frame) {
  const Subject& subject = *frame.subject;
  const config::Objective& objective = frame.objective();
  Durations durations;
  for (const std::string& region : subject.regions) {
    const Durations own = collect_durations(subject, frame.so_far, &region);
    const Ratio coverage = summed_coverage(subject, frame.so_far, &region);
    const std::optional<Micros> measured = own.nearest_rank(objective.percentile);
    frame.out->regions.push_back({region, coverage, {}, measured, own.count() > 0 && !measured});
    durations.add(own);
  }
  LatencyFigures latency;
  latency.percentile = objective.percentile;
  latency.of = objective.of;
  latency.samples = durations.count();
  latency.measured = durations.nearest_rank(objective.percentile);
  latency.infinite = latency.samples > 0 && !latency.measured;
  latency.bad = bad_durations(durations, objective.target);
  latency.budget = count_budget(allowed_ratio(objective), latency.samples, latency.bad);
  const auto against = [&](const config::Limit& limit) {
    return latency.measured ? holds(limit, latency.measured->count()) : latency.infinite && holds_for_infinity(limit);
  };
  judge_counted(frame,
                {latency.samples, against(objective.target), objective.critical && against(*objective.critical)});
  frame.out->latency = latency;
}

}  // namespace

Evaluation evaluate(const config::Objective& objective, const ReportPeriod& period, Time as_of, const History& history,
                    std::span<const std::string> regions) {
  return evaluate(make_subject(objective, period.period, as_of, history, regions), period, as_of);
}

Evaluation evaluate(const Subject& subject, const ReportPeriod& period, Time as_of) {
  Evaluation out;
  out.objective = subject.objective;
  out.period = period;
  out.as_of = as_of;
  out.running = period.period.to > as_of;
  const Timeline net = combined(subject, {});
  const Period so_far = period_so_far(out);
  const Period ahead{so_far.to, period.period.to};
  const Micros remaining = ahead.length() - times_of(net, ahead).excluded;
  Frame frame{&subject, so_far, remaining, &out};
  switch (subject.objective->indicator) {
    case config::Indicator::uptime:
      evaluate_uptime(frame, net);
      break;
    case config::Indicator::latency:
      evaluate_latency(frame);
      break;
    case config::Indicator::error_rate:
      evaluate_error_rate(frame);
      break;
    case config::Indicator::prometheus:  // whitebox.hpp
      break;
  }
  return out;
}

namespace {

// Bad and all of a window: time for uptime, results for the others.
Ratio bad_ratio(const Subject& subject, const Timeline& net, const Period& window) {
  switch (subject.objective->indicator) {
    case config::Indicator::uptime: {
      const UptimeTimes times = times_of(net, window);
      return {times.down.count(), (times.up + times.down).count()};
    }
    case config::Indicator::latency: {
      const Durations durations = collect_durations(subject, window, nullptr);
      return {bad_durations(durations, subject.objective->target), durations.count()};
    }
    case config::Indicator::error_rate: {
      const ErrorCount count = count_errors(subject, window, nullptr);
      return {count.errors, count.samples};
    }
    case config::Indicator::prometheus:
      break;
  }
  return {};
}

}  // namespace

std::vector<std::optional<double>> burn_rates(const config::Objective& objective, std::span<const Micros> windows,
                                              Time as_of, const History& history,
                                              std::span<const std::string> regions) {
  std::vector<std::optional<double>> rates;
  if (windows.empty()) return rates;
  const Period longest{as_of - std::ranges::max(windows), as_of};
  const Subject subject = make_subject(objective, longest, as_of, history, regions);
  const Timeline net = combined(subject, {});
  for (const Micros window : windows) {
    rates.push_back(burn(bad_ratio(subject, net, {as_of - window, as_of}), allowed_ratio(objective)));
  }
  return rates;
}

std::optional<double> burn_rate(const config::Objective& objective, Micros window, Time as_of, const History& history,
                                std::span<const std::string> regions) {
  return burn_rates(objective, std::span(&window, 1), as_of, history, regions).front();
}

bool reaches_back(const Series& series, Time period_from) {
  Time earliest = Time::max();
  Time earliest_that_counts = Time::max();
  bool succeeded = false;
  if (!series.stretches.empty()) {
    earliest = earliest_that_counts = series.stretches.front().first;
    succeeded = true;
  }
  for (const ResultRow& row : series.rows) {
    if (row.origin != Origin::scheduled) continue;
    earliest = std::min(earliest, row.start);
    if (is_agent_fault(row.reason) || row.start >= earliest_that_counts) continue;
    earliest_that_counts = row.start;
    succeeded = row.success();
  }
  if (series.first_result && earliest <= *series.first_result) return true;
  if (earliest_that_counts >= period_from) return !series.first_result || *series.first_result >= period_from;
  return succeeded;
}

}  // namespace nines::sla
