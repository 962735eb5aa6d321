#include "store/hours.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "store/chunks.hpp"

namespace nines::store {
namespace {

// Shows hours of both forms in order. An hour that has rows in `result`, that the period cuts or that is not plain is
// read row by row.
class HourWalk {
 public:
  static Sql<HourWalk> make(Connection& connection, std::int64_t series, const Period& period, HourContent content) {
    auto summaries = Statement::prepare(connection, "SELECT " + std::string(kChunkColumns) +
                                                        " FROM chunk WHERE series = ? AND hour BETWEEN ? AND ? "
                                                        "ORDER BY hour");
    if (!summaries) return std::unexpected(summaries.error());
    auto hot = Statement::prepare(connection,
                                  "SELECT start FROM result WHERE series = ? AND start >= ? AND start < ? "
                                  "ORDER BY start LIMIT 1");
    if (!hot) return std::unexpected(hot.error());
    return HourWalk(connection, series, period, content, std::move(*summaries), std::move(*hot));
  }

  Sql<> run(const HourVisitor& visitor) {
    chunks_.bind(series_, hour_of(period_.from), hour_of(period_.to - Micros(1)));
    auto hot = next_hot(period_.from);
    auto chunk = chunks_.step();
    bool more = true;
    while (more) {
      if (!hot) return std::unexpected(hot.error());
      if (!chunk) return std::unexpected(chunk.error());
      if (!*chunk && !*hot) return {};
      const bool sealed = *chunk && (!*hot || chunks_.integer(0) <= **hot);
      const auto hour = sealed ? chunks_.integer(0) : **hot;
      const bool late = *hot && **hot == hour;
      const auto shown = !sealed || late || is_cut(hour) ? show_rows(hour, visitor) : show_chunk(visitor);
      if (!shown) return std::unexpected(shown.error());
      more = *shown;
      if (late) hot = next_hot(start_of_hour(hour + 1));
      if (sealed) chunk = chunks_.step();
    }
    return {};
  }

 private:
  HourWalk(Connection& connection, std::int64_t series, const Period& period, HourContent content, Statement chunks,
           Statement hot)
      : connection_(&connection),
        series_(series),
        period_(period),
        content_(content),
        chunks_(std::move(chunks)),
        hot_(std::move(hot)) {}

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

  Sql<bool> show_chunk(const HourVisitor& visitor) {
    const auto summary = read_summary(chunks_);
    StoredHour hour{.summary = summary, .plain = summary.special == 0};
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
  std::int64_t series_;
  Period period_;
  HourContent content_;
  Statement chunks_, hot_;
  std::vector<ResultRow> rows_;
  Durations durations_;
};

}  // namespace

Sql<> visit_hours(Connection& connection, std::int64_t series, const Period& period, HourContent content,
                  const HourVisitor& visitor) {
  if (period.from >= period.to) return {};
  auto walk = HourWalk::make(connection, series, period, content);
  if (!walk) return std::unexpected(walk.error());
  return walk->run(visitor);
}

}  // namespace nines::store
