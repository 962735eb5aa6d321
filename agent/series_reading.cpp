#include "agent/series_reading.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace nines::agent {
namespace {

using Rows = std::vector<ResultRow>;

// The success before speaks into the range, the row after ends the last span in it.
Expected<Period> extended(const SeriesSource& source, const Period& range) {
  auto before = source.store->last_success_before(source.key, range.from);
  if (!before) return std::unexpected(before.error());
  auto after = source.store->first_success_from(source.key, range.to);
  if (!after) return std::unexpected(after.error());
  return Period{before->value_or(range.from), *after ? **after + Micros(1) : Time::max()};
}

Expected<Rows> rows_of(const SeriesSource& source, const Period& range) {
  const auto whole = extended(source, range);
  if (!whole) return std::unexpected(whole.error());
  return source.store->rows(source.key, *whole);
}

void sort_rows(Rows& rows) {
  std::ranges::stable_sort(rows, {}, &ResultRow::start);
  // The same region's store given twice, or a copy of it.
  rows.erase(std::ranges::unique(rows, {}, &ResultRow::start).begin(), rows.end());
}

Expected<void> add_rows(HistorySource& store, const SeriesKey& key, const Period& period, sla::Condenser& condenser) {
  if (period.from >= period.to) return {};
  const auto rows = store.rows(key, period);
  if (!rows) return std::unexpected(rows.error());
  for (const ResultRow& row : *rows) condenser.add(row);
  return {};
}

sla::PlainResults plain_results(const store::HourSummary& hour) {
  return {hour.count, hour.first, hour.last, hour.gap, hour.interval, hour.least, hour.most};
}

// Series that lie in one store alone, read hour by hour, all of the store at once.
class HourReading {
 public:
  HourReading(HistorySource& store, const SeriesOrder& order) : store_(&store), order_(&order) {}

  Expected<void> add(const SeriesSource& source, sla::Condenser condenser) {
    auto whole = extended(source, order_->range);
    if (!whole) return std::unexpected(whole.error());
    keys_.push_back(source.key);
    ends_.push_back(whole->to);
    condensers_.push_back(std::move(condenser));
    return add_rows(*store_, source.key, {whole->from, order_->range.from}, condensers_.back());
  }

  Expected<void> read() {
    const auto wants_rows = [this](std::size_t series, const store::HourSummary& hour) {
      return !condensers_[series].takes(plain_results(hour));
    };
    const auto show = [this](std::size_t series, const store::StoredHour& hour) {
      sla::Condenser& condenser = condensers_[series];
      if (hour.plain) condenser.add(plain_results(hour.summary), hour.durations);
      for (const ResultRow& row : hour.rows) condenser.add(row);
      return true;
    };
    const auto content =
        order_->times == sla::Times::kept ? store::HourContent::durations : store::HourContent::summaries;
    if (auto done = store_->visit_hours(keys_, order_->range, content, show, wants_rows); !done) return done;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      auto added = add_rows(*store_, keys_[i], {order_->range.to, ends_[i]}, condensers_[i]);
      if (!added) return added;
    }
    return {};
  }

 private:
  HistorySource* store_;
  const SeriesOrder* order_;
  std::vector<SeriesKey> keys_;
  std::vector<Time> ends_;  // of what is wanted of each
  std::vector<sla::Condenser> condensers_;
};

}  // namespace

Expected<void> read_series(sla::History& history, std::span<const SeriesSource> sources,
                           std::span<const std::size_t> filled, const SeriesOrder& order) {
  std::vector<std::vector<const SeriesSource*>> of_series(history.series.size());
  for (std::size_t i = 0; i < sources.size(); ++i) of_series[filled[i]].push_back(&sources[i]);
  std::map<HistorySource*, HourReading> by_hours;
  for (std::size_t i = 0; i < history.series.size(); ++i) {
    sla::Series& series = history.series[i];
    sla::Condenser condenser(series, sla::cuts_of(series, order.moments, history.clock_steps), order.times);
    if (of_series[i].size() == 1 && of_series[i].front()->store->keeps_hours()) {
      HistorySource& store = *of_series[i].front()->store;
      HourReading& reading = by_hours.try_emplace(&store, store, order).first->second;
      if (auto added = reading.add(*of_series[i].front(), std::move(condenser)); !added) return added;
      continue;
    }
    Rows all;
    for (const SeriesSource* source : of_series[i]) {
      auto rows = rows_of(*source, order.range);
      if (!rows) return std::unexpected(rows.error());
      all.insert(all.end(), rows->begin(), rows->end());
    }
    sort_rows(all);
    for (const ResultRow& row : all) condenser.add(row);
  }
  for (auto& [store, reading] : by_hours) {
    if (auto read = reading.read(); !read) return read;
  }
  return {};
}

}  // namespace nines::agent
