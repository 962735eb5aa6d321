#include "store/hours.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/chunks.hpp"

namespace nines::store {
namespace {

// Shows hours of both forms in order. An hour that has rows in `result`, that the period cuts or that is not plain is
// read row by row.
class HourWalk {
 public:
  static Sql<HourWalk> make(Connection& connection, HourContent content) {
    auto summaries = Statement::prepare_kept(connection, "SELECT " + std::string(kChunkColumns) +
                                                             " FROM chunk WHERE series = ? AND hour BETWEEN ? AND ? "
                                                             "ORDER BY hour");
    if (!summaries) return std::unexpected(summaries.error());
    auto hot = Statement::prepare_kept(connection,
                                       "SELECT start FROM result WHERE series = ? AND start >= ? AND start < ? "
                                       "ORDER BY start LIMIT 1");
    if (!hot) return std::unexpected(hot.error());
    return HourWalk(connection, content, std::move(*summaries), std::move(*hot));
  }

  // False: the visitor has enough.
  template <class Wants>
  Sql<bool> run(std::int64_t series, const Period& period, const HourVisitor& visitor, const Wants& wants_rows) {
    series_ = series;
    period_ = period;
    chunks_.bind(series_, hour_of(period_.from), hour_of(period_.to - Micros(1)));
    auto hot = next_hot(period_.from);
    auto chunk = chunks_.step();
    bool more = true;
    while (more) {
      if (!hot) return std::unexpected(hot.error());
      if (!chunk) return std::unexpected(chunk.error());
      if (!*chunk && !*hot) return true;
      const bool sealed = *chunk && (!*hot || chunks_.integer(0) <= **hot);
      const auto hour = sealed ? chunks_.integer(0) : **hot;
      const bool late = *hot && **hot == hour;
      const auto shown = !sealed || late || is_cut(hour) ? show_rows(hour, visitor) : show_chunk(visitor, wants_rows);
      if (!shown) return std::unexpected(shown.error());
      more = *shown;
      if (late) hot = next_hot(start_of_hour(hour + 1));
      if (sealed) chunk = chunks_.step();
    }
    chunks_.reset();
    return false;
  }

 private:
  HourWalk(Connection& connection, HourContent content, Statement chunks, Statement hot)
      : connection_(&connection), content_(content), chunks_(std::move(chunks)), hot_(std::move(hot)) {}

  bool is_cut(std::int64_t hour) const {
    return start_of_hour(hour) < period_.from || period_.to < start_of_hour(hour + 1);
  }

  Sql<std::optional<std::int64_t>> next_hot(Time from) {
    hot_.bind(series_, from, period_.to);
    const auto there = hot_.step();
    if (!there) return std::unexpected(there.error());
    std::optional<std::int64_t> hour;
    if (*there) hour = hour_of(hot_.time(0));
    hot_.reset();
    return hour;
  }

  template <class Wants>
  Sql<bool> show_chunk(const HourVisitor& visitor, const Wants& wants_rows) {
    const auto summary = read_summary(chunks_);
    StoredHour hour{.summary = summary, .plain = summary.special == 0 && !wants_rows(summary)};
    if (!hour.plain) {
      auto rows = read_chunk_rows(chunks_, series_);
      if (!rows) return std::unexpected(rows.error());
      rows_ = std::move(*rows);
      hour.rows = rows_;
    } else if (content_ == HourContent::durations) {
      auto decoded = decode_durations(series_, summary, chunks_.blob(kDurationsColumn), durations_);
      if (!decoded) return std::unexpected(damaged_chunk(series_, summary.hour, decoded.error()));
      hour.durations = durations_.durations;
      hour.measured = durations_.measured;
    }
    return visitor(hour);
  }

  Sql<bool> show_rows(std::int64_t hour, const HourVisitor& visitor) {
    rows_.clear();
    const auto add = [&](const ResultRow& row) {
      rows_.push_back(row);
      return true;
    };
    const Period part{std::max(period_.from, start_of_hour(hour)), std::min(period_.to, start_of_hour(hour + 1))};
    if (auto done = visit_rows(*connection_, series_, part, add); !done) return std::unexpected(done.error());
    if (rows_.empty()) return true;
    const auto summary = summarize(rows_);
    return visitor({.summary = summary, .rows = rows_});
  }

  Connection* connection_;
  HourContent content_;
  std::int64_t series_ = 0;
  Period period_{};
  Statement chunks_, hot_;
  std::vector<ResultRow> rows_;
  Durations durations_;
};

// Hours of all series lie side by side in the file, so that reading one series after the other would read each page
// many times: series are read in turn, for as many hours as a cache of this size has room for.
constexpr std::int64_t kCacheBytes = 64 << 20;
constexpr std::int64_t kBytesAnHour = 2048;  // of a series, generously
constexpr int kUsualCache = -2000;           // KiB: SQLite's own default

class LargeCache {
 public:
  explicit LargeCache(Connection& connection) : connection_(connection) { set(-(kCacheBytes >> 10)); }
  LargeCache(const LargeCache&) = delete;
  ~LargeCache() { set(kUsualCache); }

 private:
  // It is only slower without.
  void set(std::int64_t size) {
    [[maybe_unused]] const auto done = connection_.execute("PRAGMA cache_size = " + std::to_string(size));
  }
  Connection& connection_;
};

// From the first to the last hour of any of the series, within the period.
Sql<Period> extent_of(Connection& connection, std::span<const std::optional<std::int64_t>> series,
                      const Period& period) {
  Period all{period.to, period.from};
  for (const auto& one : series) {
    if (!one) continue;
    const auto stored = extent(connection, *one);
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) continue;
    all.from = std::min(all.from, start_of_hour(hour_of((*stored)->from)));
    all.to = std::max(all.to, start_of_hour(hour_of((*stored)->to) + 1));
  }
  return Period{std::max(all.from, period.from), std::min(all.to, period.to)};
}

}  // namespace

Sql<> visit_hours(Connection& connection, std::span<const std::optional<std::int64_t>> series, const Period& period,
                  HourContent content, const SeriesHourVisitor& visitor, const WantsRows& wants_rows) {
  auto walk = HourWalk::make(connection, content);
  if (!walk) return std::unexpected(walk.error());
  const auto stored = extent_of(connection, series, period);
  if (!stored) return std::unexpected(stored.error());
  const LargeCache cache(connection);
  const auto hours =
      std::max<std::int64_t>(1, kCacheBytes / kBytesAnHour / std::max<std::int64_t>(1, std::ssize(series)));
  for (Time from = stored->from; from < stored->to;) {
    const Time to = std::min(stored->to, start_of_hour(hour_of(from) + hours));
    for (std::size_t i = 0; i < series.size(); ++i) {
      if (!series[i]) continue;
      const auto show = [&](const StoredHour& hour) { return visitor(i, hour); };
      const auto wants = [&](const HourSummary& hour) { return wants_rows && wants_rows(i, hour); };
      const auto more = walk->run(*series[i], {from, to}, show, wants);
      if (!more) return std::unexpected(more.error());
      if (!*more) return {};
    }
    from = to;
  }
  return {};
}

}  // namespace nines::store
