#include "reports/over_time.hpp"

#include <algorithm>
#include <cmath>

#include "sla/budget.hpp"
#include "sla/calendar.hpp"
#include "sla/evaluate.hpp"
#include "sla/samples.hpp"

namespace nines::reports {

using namespace std::chrono_literals;

namespace {

constexpr Micros kDay = 24h;
constexpr Micros kLongestInHours = 400 * kDay;
constexpr std::int64_t kMostSlices = 45;
constexpr std::int64_t kBins = 40;

Micros slice_length(Micros whole) {
  constexpr Micros kSteps[] = {1s,    2s, 5s, 10s, 15s, 30s, 1min, 2min,     5min,      10min,     15min,
                               30min, 1h, 2h, 4h,  6h,  12h, kDay, 3 * kDay, 10 * kDay, 30 * kDay, 90 * kDay};
  for (const Micros step : kSteps) {
    if (whole <= kMostSlices * step) return step;
  }
  Micros step = 365 * kDay;
  while (whole > kMostSlices * step) step *= 2;
  return step;
}

std::vector<Period> even(const Period& period, Micros length) {
  std::vector<Period> slices;
  for (Time from = period.from; from < period.to; from += length) {
    slices.push_back({from, std::min(period.to, from + length)});
  }
  return slices;
}

// ---- uptime

Reason reason_of(const std::vector<sla::Outage>& outages, const Period& cell) {
  const auto touches = std::ranges::find_if(
      outages, [&](const sla::Outage& outage) { return outage.extent.from < cell.to && cell.from < outage.extent.to; });
  return touches == outages.end() ? Reason::none : touches->reason;
}

std::vector<StripCell> strip_of(const sla::Timeline& net, const sla::Evaluation& evaluation) {
  const Period period = sla::period_so_far(evaluation);
  const auto cells =
      period.length() > kLongestInHours ? even(period, kDay) : sla::hour_cells(period, evaluation.period.time_zone);
  std::vector<StripCell> strip;
  strip.reserve(cells.size());
  for (const Period& cell : cells) {
    const sla::UptimeTimes times = sla::times_of(net, cell);
    const bool down = times.down > Micros(0);
    strip.push_back({cell, times, down ? reason_of(evaluation.uptime->outages, cell) : Reason::none});
  }
  return strip;
}

// The moments at which the budget is shown: where slices begin and end, and around each outage.
std::vector<Time> budget_moments(const sla::Evaluation& evaluation) {
  const Period period = sla::period_so_far(evaluation);
  std::vector<Time> moments{period.from, period.to};
  for (const Period& slice : slices_of(period)) moments.push_back(slice.from);
  for (const sla::Outage& outage : evaluation.uptime->outages) {
    moments.push_back(std::max(outage.extent.from, period.from));
    moments.push_back(std::min(outage.extent.to, period.to));
  }
  std::ranges::sort(moments);
  moments.erase(std::ranges::unique(moments).begin(), moments.end());
  return moments;
}

std::vector<BudgetPoint> spent_over_time(const sla::Timeline& net, const sla::Evaluation& evaluation) {
  const sla::TimeBudget& budget = evaluation.uptime->budget;
  if (!budget.remaining_ratio || std::isinf(*budget.remaining_ratio)) return {};
  std::vector<BudgetPoint> points;
  Micros spent{0};
  Time before = evaluation.period.period.from;
  for (const Time moment : budget_moments(evaluation)) {
    spent += sla::times_of(net, {before, moment}).down;
    points.push_back({moment, *sla::time_budget(budget.allowed_ratio, budget.over, spent).remaining_ratio});
    before = moment;
  }
  return points;
}

// ---- latency and error rate

std::optional<Micros> percentile(const sla::Durations& durations, int n) {
  return durations.nearest_rank(Decimal(n, 0));
}

// Fills a slice, and the durations that its percentiles are of.
struct Filling {
  const config::Objective* objective;
  Slice slice;
  sla::Durations durations;

  bool latency() const { return objective->indicator == config::Indicator::latency; }

  void operator()(const ResultRow& row) {
    slice.failures += row.success() ? 0 : 1;
    if (!latency()) {
      ++slice.samples;
      slice.bad += sla::is_error(row, objective->errors) ? 1 : 0;
      return;
    }
    sla::add_sample(durations, sla::latency_sample(row, *objective));
  }
  void operator()(const sla::Series& series, const sla::Stretch& stretch) {
    if (!latency()) {
      slice.samples += stretch.count;
      return;
    }
    sla::add_samples(durations, series, stretch, *objective);
  }
  void finish() {
    if (!latency()) return;
    slice.samples = durations.count();
    slice.bad = sla::bad_durations(durations, objective->target);
    slice.p50 = durations.finite_rank(Decimal(50, 0));
    slice.p95 = durations.finite_rank(Decimal(95, 0));
    slice.p99 = durations.finite_rank(Decimal(99, 0));
  }
};

// The durations of one slice at a time are held, and added to `whole`.
std::vector<Slice> filled_slices(const sla::Subject& subject, const Period& period, sla::Durations& whole) {
  std::vector<Slice> slices;
  for (const Period& span : slices_of(period)) {
    Filling filling{subject.objective, {}, {}};
    filling.slice.span = span;
    sla::for_each_sample(subject, span, nullptr, filling);
    filling.finish();
    whole.add(filling.durations);
    slices.push_back(filling.slice);
  }
  return slices;
}

std::vector<BudgetPoint> spent_over_slices(const sla::CountBudget& budget, const std::vector<Slice>& slices) {
  if (slices.empty() || !budget.remaining_ratio || std::isinf(*budget.remaining_ratio)) return {};
  std::vector<BudgetPoint> points{{slices.front().span.from, 1}};
  std::int64_t spent = 0;
  for (const Slice& slice : slices) {
    spent += slice.bad;
    points.push_back({slice.span.to, *sla::count_budget(budget.allowed_ratio, budget.over, spent).remaining_ratio});
  }
  return points;
}

// Where bins from the least to the most begin and end: in even steps of the logarithm, as whole microseconds.
std::vector<Micros> bin_edges(Micros least, Micros most) {
  std::vector<Micros> edges{least};
  const double begin = std::log(static_cast<double>(std::max<std::int64_t>(1, least.count())));
  const double end = std::log(static_cast<double>(most.count() + 1));
  for (std::int64_t i = 1; i < kBins; ++i) {
    const double at = begin + (end - begin) * static_cast<double>(i) / static_cast<double>(kBins);
    const Micros edge(std::llround(std::exp(at)));
    if (edge > edges.back() && edge <= most) edges.push_back(edge);
  }
  edges.push_back(most + Micros(1));
  return edges;
}

std::vector<Bin> distribution_of(const sla::Durations& durations) {
  std::vector<Bin> bins;
  std::optional<Micros> least;
  Micros most{0};
  durations.each([&](Micros duration, std::int64_t) {
    least = least.value_or(duration);
    most = duration;
    return true;
  });
  if (!least) return bins;
  const auto edges = bin_edges(*least, most);
  for (std::size_t i = 0; i + 1 < edges.size(); ++i) bins.push_back({edges[i], edges[i + 1], 0});
  auto bin = bins.begin();
  durations.each([&](Micros duration, std::int64_t count) {
    while (bin->to <= duration) ++bin;
    bin->count += count;
    return true;
  });
  return bins;
}

}  // namespace

std::vector<Period> slices_of(const Period& period) {
  return even(period, slice_length(period.length()));
}

Detail over_time(const sla::Subject& subject, const sla::Evaluation& evaluation) {
  Detail detail;
  if (evaluation.uptime) {
    const sla::Timeline net = sla::combined(subject, {});
    detail.strip = strip_of(net, evaluation);
    detail.budget = spent_over_time(net, evaluation);
  }
  if (!evaluation.latency && !evaluation.error_rate) return detail;
  sla::Durations whole;
  detail.slices = filled_slices(subject, sla::period_so_far(evaluation), whole);
  if (evaluation.latency) {
    detail.distribution = distribution_of(whole);
    detail.p50 = percentile(whole, 50);
    detail.p95 = percentile(whole, 95);
    detail.p99 = percentile(whole, 99);
  }
  detail.budget =
      spent_over_slices(evaluation.latency ? evaluation.latency->budget : evaluation.error_rate->budget, detail.slices);
  return detail;
}

}  // namespace nines::reports
