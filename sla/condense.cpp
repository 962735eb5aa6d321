#include "sla/condense.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "sla/exclusions.hpp"
#include "sla/settings.hpp"

namespace nines::sla {
namespace {

constexpr Micros kMostTimed{std::numeric_limits<std::uint32_t>::max()};
constexpr std::int16_t kServerError = 500;

bool is_timed(Micros time) {
  return time >= Micros(0) && time <= kMostTimed;
}

void add_edges(const std::vector<Period>& periods, std::vector<Time>& edges) {
  for (const Period& period : periods) {
    edges.push_back(period.from);
    edges.push_back(period.to);
  }
}

}  // namespace

std::vector<Time> cuts_of(const Series& series, std::span<const Time> moments, std::span<const ClockStep> clock_steps) {
  std::vector<Time> cuts(moments.begin(), moments.end());
  for (const Settings& entry : series.settings) cuts.push_back(entry.from);
  for (const ClockStep& step : clock_steps) {
    if (step.region == series.key.region) cuts.push_back(step.at);
  }
  std::ranges::sort(cuts);
  cuts.erase(std::ranges::unique(cuts).begin(), cuts.end());
  return cuts;
}

std::vector<Time> exclusion_edges(const config::Objective& objective, std::span<const config::Maintenance> maintenance,
                                  const Period& range) {
  std::vector<Time> edges;
  add_edges(Windows(maintenance, range).all(), edges);
  for (const Timeline::Step& step : open_hours(objective, range).steps()) edges.push_back(step.at);
  return edges;
}

Condenser::Condenser(Series& series, std::vector<Time> cuts, Times times)
    : series_(&series), cuts_(std::move(cuts)), times_(times) {
  if (series.timed.empty()) series.timed.emplace_back();
}

Micros Condenser::stale_after_at(Time start, Micros interval) {
  while (next_cut_ < cuts_.size() && cuts_[next_cut_] <= start) ++next_cut_;
  if (interval == known_interval_ && next_cut_ == known_cut_) return known_stale_after_;
  const auto& settings = series_->settings;
  while (settings_ + 1 < settings.size() && settings[settings_ + 1].from <= start) ++settings_;
  ResultRow row;
  row.start = start;
  row.interval = interval;
  known_interval_ = interval;
  known_cut_ = next_cut_;
  known_stale_after_ = stale_after_of(row, settings.empty() ? Settings() : settings[settings_]);
  return known_stale_after_;
}

bool Condenser::fits(const ResultRow& row, Micros stale_after) const {
  const bool plain =
      row.success() && row.first_reason == Reason::none && row.attempts <= 1 && row.status < kServerError;
  const bool timed = !series_->journey || row.measured == ResultRow::kNone || is_timed(row.measured);
  return plain && timed && is_timed(row.duration) && row.duration <= stale_after;
}

void Condenser::extend(Time first, Time last, std::int64_t count, Micros stale_after) {
  auto& stretches = series_->stretches;
  const bool goes_on = open_ && cuts_before_ == next_cut_ && stretches.back().stale_after == stale_after &&
                       first - stretches.back().last <= stale_after;
  if (!goes_on) {
    const auto block = static_cast<std::uint32_t>(series_->timed.size() - 1);
    const auto timed_at = static_cast<std::uint32_t>(series_->timed.back().size());
    stretches.push_back({first, last, 0, stale_after, block, timed_at, 0});
  }
  stretches.back().last = last;
  stretches.back().count += count;
  open_ = true;
  cuts_before_ = next_cut_;
}

void Condenser::add(const ResultRow& row) {
  if (row.origin != Origin::scheduled) return;
  const Micros stale_after = stale_after_at(row.start, row.interval);
  if (!fits(row, stale_after)) {
    series_->rows.push_back(row);
    open_ = false;
    return;
  }
  extend(row.start, row.start, 1, stale_after);
  const Micros time = series_->journey ? row.measured : row.duration;
  if (times_ == Times::left_out || time == ResultRow::kNone) return;
  series_->timed.back().push_back(static_cast<std::uint32_t>(time.count()));
  ++series_->stretches.back().timed;
}

bool Condenser::takes(const PlainResults& results) {
  const Micros stale_after = stale_after_at(results.first, results.interval);
  const bool cut = next_cut_ < cuts_.size() && cuts_[next_cut_] <= results.last;
  return !series_->journey && !cut && results.gap <= stale_after && results.most <= stale_after &&
         is_timed(results.least) && is_timed(results.most);
}

void Condenser::add(const PlainResults& results, std::span<const Micros> durations) {
  extend(results.first, results.last, results.count, stale_after_at(results.first, results.interval));
  if (times_ == Times::left_out) return;
  auto& timed = series_->timed.back();
  const std::size_t before = timed.size();
  timed.resize(before + durations.size());
  std::ranges::transform(durations, timed.begin() + static_cast<std::ptrdiff_t>(before),
                         [](Micros duration) { return static_cast<std::uint32_t>(duration.count()); });
  series_->stretches.back().timed += durations.size();
}

void append(Series& to, Series&& later) {
  to.rows.insert(to.rows.end(), later.rows.begin(), later.rows.end());
  for (Stretch stretch : later.stretches) {
    stretch.block += static_cast<std::uint32_t>(to.timed.size());
    to.stretches.push_back(stretch);
  }
  std::ranges::move(later.timed, std::back_inserter(to.timed));
  later = {};
}

}  // namespace nines::sla
