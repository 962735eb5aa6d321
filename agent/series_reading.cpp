#include "agent/series_reading.hpp"

#include <algorithm>
#include <future>
#include <map>
#include <memory>
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

constexpr std::int64_t kMostRoom = 1 << 21;  // results: two years of one every 30 s

// The hours of some series within a part of the time that is wanted of them.
class HourPart {
 public:
  HourPart(Period period, sla::Times times) : period_(period), times_(times) {}

  void add(SeriesKey key, sla::Condenser condenser) {
    keys_.push_back(std::move(key));
    condensers_.push_back(std::move(condenser));
  }
  sla::Condenser& condenser(std::size_t series) { return condensers_[series]; }
  const Period& period() const { return period_; }

  Expected<void> read(HistorySource& store) {
    const auto wants_rows = [this](std::size_t series, const store::HourSummary& hour) {
      return !condensers_[series].takes(plain_results(hour));
    };
    const auto show = [this](std::size_t series, const store::StoredHour& hour) {
      sla::Condenser& condenser = condensers_[series];
      if (hour.plain) condenser.add(plain_results(hour.summary), hour.durations);
      for (const ResultRow& row : hour.rows) condenser.add(row);
      return true;
    };
    const auto content = times_ == sla::Times::kept ? store::HourContent::durations : store::HourContent::summaries;
    return store.visit_hours(keys_, period_, content, show, wants_rows);
  }

 private:
  Period period_;
  sla::Times times_;
  std::vector<SeriesKey> keys_;
  std::vector<sla::Condenser> condensers_;
};

// Series that lie in one store alone, read hour by hour, all of the store at once.
class HourReading {
 public:
  HourReading(HistorySource& store, const sla::History& history, const SeriesOrder& order)
      : store_(&store), history_(&history), order_(&order) {}

  void add(const SeriesSource& source, sla::Series& series) { wanted_.push_back({&source, &series, {}}); }

  Expected<void> read() {
    split();
    for (Wanted& wanted : wanted_) {
      make_room(*wanted.series, parts_.front());
      auto whole = extended(*wanted.source, order_->range);
      if (!whole) return std::unexpected(whole.error());
      wanted.whole = *whole;
      parts_.front().add(wanted.source->key, sla::Condenser(*wanted.series, cuts_of(*wanted.series), order_->times));
    }
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      auto added = add_rows(*store_, wanted_[i].source->key, {wanted_[i].whole.from, order_->range.from},
                            parts_.front().condenser(i));
      if (!added) return added;
    }
    if (auto done = read_parts(); !done) return done;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      auto added = add_rows(*store_, wanted_[i].source->key, {order_->range.to, wanted_[i].whole.to},
                            parts_.back().condenser(i));
      if (!added) return added;
      for (std::vector<sla::Series>& later : later_) sla::append(*wanted_[i].series, std::move(later[i]));
    }
    return {};
  }

 private:
  struct Wanted {
    const SeriesSource* source;
    sla::Series* series;
    Period whole;
  };

  std::vector<Time> cuts_of(const sla::Series& series) const {
    std::vector<Time> moments = order_->moments;
    moments.insert(moments.end(), borders_.begin(), borders_.end());
    return sla::cuts_of(series, moments, history_->clock_steps);
  }

  // What is not used of it takes no memory; growing into it would take more.
  void make_room(sla::Series& series, const HourPart& part) const {
    if (order_->times == sla::Times::left_out || series.settings.empty()) return;
    const Micros interval = series.settings.back().interval;
    if (interval <= Micros(0)) return;
    const std::int64_t results = std::max<std::int64_t>(0, part.period().length() / interval);
    series.timed.emplace_back().reserve(static_cast<std::size_t>(std::min(results, kMostRoom)));
  }

  // The time into parts of whole hours, one for each thread.
  void split() {
    const Period& range = order_->range;
    const std::int64_t hours = range.length() / store::kHour;
    const std::int64_t most = hours * std::ssize(wanted_) / order_->hours_a_thread;
    const std::int64_t count = std::clamp<std::int64_t>(most, 1, order_->threads);
    Time from = range.from;
    for (std::int64_t i = 1; i <= count; ++i) {
      const Time to = i == count ? range.to : store::start_of_hour(store::hour_of(range.from) + hours * i / count);
      parts_.emplace_back(Period{from, to}, order_->times);
      if (i < count) borders_.push_back(to);
      from = to;
    }
  }

  // Parts but the first are condensed by themselves, and added afterwards.
  void prepare_later_parts() {
    later_.resize(parts_.size() - 1);
    for (std::size_t part = 1; part < parts_.size(); ++part) {
      std::vector<sla::Series>& later = later_[part - 1];
      later.resize(wanted_.size());
      for (std::size_t i = 0; i < wanted_.size(); ++i) {
        const sla::Series& whole = *wanted_[i].series;
        later[i].key = whole.key;
        later[i].journey = whole.journey;
        later[i].settings = whole.settings;
        make_room(later[i], parts_[part]);
        parts_[part].add(wanted_[i].source->key, sla::Condenser(later[i], cuts_of(whole), order_->times));
      }
    }
  }

  Expected<void> read_parts() {
    prepare_later_parts();
    std::vector<std::future<Expected<void>>> others;
    for (std::size_t part = 1; part < parts_.size(); ++part) {
      auto store = store_->another();
      if (!store) return std::unexpected(store.error());
      // Without another it waits for its turn.
      const auto when = *store ? std::launch::async : std::launch::deferred;
      others.push_back(std::async(when, [own = std::shared_ptr(std::move(*store)), &its = parts_[part], this] {
        return its.read(own ? *own : *store_);
      }));
    }
    Expected<void> all = parts_.front().read(*store_);
    for (auto& other : others) {
      if (auto done = other.get(); !done && all) all = done;
    }
    return all;
  }

  HistorySource* store_;
  const sla::History* history_;
  const SeriesOrder* order_;
  std::vector<Wanted> wanted_;
  std::vector<Time> borders_;  // between parts
  std::vector<HourPart> parts_;
  std::vector<std::vector<sla::Series>> later_;  // of each part but the first
};

}  // namespace

Expected<void> read_series(sla::History& history, std::span<const SeriesSource> sources,
                           std::span<const std::size_t> filled, const SeriesOrder& order) {
  std::vector<std::vector<const SeriesSource*>> of_series(history.series.size());
  for (std::size_t i = 0; i < sources.size(); ++i) of_series[filled[i]].push_back(&sources[i]);
  std::map<HistorySource*, HourReading> by_hours;
  for (std::size_t i = 0; i < history.series.size(); ++i) {
    sla::Series& series = history.series[i];
    if (of_series[i].size() == 1 && of_series[i].front()->store->keeps_hours()) {
      HistorySource& store = *of_series[i].front()->store;
      by_hours.try_emplace(&store, store, history, order).first->second.add(*of_series[i].front(), series);
      continue;
    }
    Rows all;
    for (const SeriesSource* source : of_series[i]) {
      auto rows = rows_of(*source, order.range);
      if (!rows) return std::unexpected(rows.error());
      all.insert(all.end(), rows->begin(), rows->end());
    }
    sort_rows(all);
    sla::Condenser condenser(series, sla::cuts_of(series, order.moments, history.clock_steps), order.times);
    for (const ResultRow& row : all) condenser.add(row);
  }
  for (auto& [store, reading] : by_hours) {
    if (auto read = reading.read(); !read) return read;
  }
  return {};
}

}  // namespace nines::agent
