#include "store/sealed.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>

#include "base/log.hpp"
#include "store/chunks.hpp"
#include "store/rows.hpp"

namespace nines::store {
namespace {

std::string select_chunk() {
  return "SELECT " + std::string(kChunkColumns) + " FROM chunk WHERE series = ? AND hour = ?";
}

constexpr std::string_view kPut = R"sql(
INSERT INTO chunk (series, hour, count, successes, failures, special, first, last, gap, interval, sum, least, most,
  durations, rest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET count = excluded.count, successes = excluded.successes, failures = excluded.failures,
  special = excluded.special, first = excluded.first, last = excluded.last, gap = excluded.gap,
  interval = excluded.interval, sum = excluded.sum, least = excluded.least, most = excluded.most,
  durations = excluded.durations, rest = excluded.rest)sql";

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

// Where both have a row of the same start, that of `sealed` stays.
std::vector<ResultRow> merged(const std::vector<ResultRow>& sealed, const std::vector<ResultRow>& late) {
  std::vector<ResultRow> all;
  all.reserve(sealed.size() + late.size());
  std::ranges::set_union(sealed, late, std::back_inserter(all), {}, &ResultRow::start, &ResultRow::start);
  return all;
}

}  // namespace

Sql<SealedRows> SealedRows::make(Connection& connection) {
  auto last_hour = Statement::prepare(connection, "SELECT hour FROM chunk WHERE series = ? ORDER BY hour DESC LIMIT 1");
  if (!last_hour) return std::unexpected(last_hour.error());
  auto get = Statement::prepare(connection, select_chunk());
  if (!get) return std::unexpected(get.error());
  return SealedRows(std::move(*last_hour), std::move(*get));
}

Sql<std::int64_t> SealedRows::last_hour(std::int64_t series) {
  if (const auto known = last_hours_.find(series); known != last_hours_.end()) return known->second;
  last_hour_.bind(series);
  const auto there = last_hour_.step();
  if (!there) return std::unexpected(there.error());
  const auto hour = *there ? last_hour_.integer(0) : kNever;
  last_hour_.reset();
  last_hours_.emplace(series, hour);
  return hour;
}

Sql<> SealedRows::look_into(std::int64_t series, std::int64_t hour) {
  if (looked_into_ == std::pair(series, hour)) return {};
  looked_into_.reset();
  rows_.clear();
  get_.bind(series, hour);
  const auto there = get_.step();
  if (!there) return std::unexpected(there.error());
  if (*there) rows_ = read_chunk_rows(get_, series).value_or(std::vector<ResultRow>());
  get_.reset();
  looked_into_.emplace(series, hour);
  return {};
}

Sql<const ResultRow*> SealedRows::find(std::int64_t series, Time start) {
  const auto hour = hour_of(start);
  const auto last = last_hour(series);
  if (!last) return std::unexpected(last.error());
  if (hour > *last) return nullptr;
  if (auto done = look_into(series, hour); !done) return std::unexpected(done.error());
  const auto row = std::ranges::lower_bound(rows_, start, {}, &ResultRow::start);
  return row != rows_.end() && row->start == start ? &*row : nullptr;
}

void SealedRows::forget() {
  last_hours_.clear();
  looked_into_.reset();
}

Sql<Sealer> Sealer::make(Connection& connection) {
  const std::string statements[] = {
      "SELECT start FROM result WHERE series = ? AND start >= ? ORDER BY start LIMIT 1",
      "SELECT " + std::string(kRowColumns) +
          " FROM result WHERE series = ? AND start >= ? AND start < ? ORDER BY start LIMIT ?",
      select_chunk(),
      std::string(kPut),
      "DELETE FROM result WHERE series = ? AND start >= ? AND start < ?",
  };
  std::vector<Statement> made;
  for (const auto& sql : statements) {
    auto statement = Statement::prepare(connection, sql);
    if (!statement) return std::unexpected(statement.error());
    made.push_back(std::move(*statement));
  }
  return Sealer({std::move(made[0]), std::move(made[1]), std::move(made[2]), std::move(made[3]), std::move(made[4])});
}

Sql<std::optional<std::int64_t>> Sealer::next_hour(std::int64_t series, Time from) {
  auto& next = statements_.next.bind(series, from);
  const auto there = next.step();
  if (!there) return std::unexpected(there.error());
  std::optional<std::int64_t> hour;
  if (*there) hour = hour_of(next.time(0));
  next.reset();
  return hour;
}

Sql<std::vector<ResultRow>> Sealer::hot_rows(std::int64_t series, std::int64_t hour) {
  auto& get = statements_.rows.bind(series, start_of_hour(hour), start_of_hour(hour + 1), kMaxChunkRows + 1);
  std::vector<ResultRow> rows;
  for (;;) {
    const auto there = get.step();
    if (!there) return std::unexpected(there.error());
    if (!*there) return rows;
    rows.push_back(read_row(get));
  }
}

// Without a value: there is a chunk, and it is damaged.
Sql<std::optional<std::vector<ResultRow>>> Sealer::chunk_rows(std::int64_t series, std::int64_t hour) {
  std::optional<std::vector<ResultRow>> rows;
  auto& get = statements_.get.bind(series, hour);
  const auto there = get.step();
  if (!there) return std::unexpected(there.error());
  if (!*there) return std::vector<ResultRow>();
  if (auto read = read_chunk_rows(get, series); read) {
    rows = std::move(*read);
  } else if (damaged_.emplace(series, hour).second) {
    log::error("results of an hour that is damaged wait outside it", {{"reason", read.error().message}});
  }
  get.reset();
  return rows;
}

Sql<bool> Sealer::seal(std::int64_t series, std::int64_t hour) {
  const auto late = hot_rows(series, hour);
  if (!late) return std::unexpected(late.error());
  const auto sealed = chunk_rows(series, hour);
  if (!sealed) return std::unexpected(sealed.error());
  if (!*sealed) return false;
  const auto rows = (*sealed)->empty() ? *late : merged(**sealed, *late);
  if (rows.empty() || rows.size() > kMaxChunkRows) return false;

  auto done = put(series, rows);
  if (done) done = statements_.remove.bind(series, start_of_hour(hour), start_of_hour(hour + 1)).run();
  if (!done) return std::unexpected(done.error());
  return true;
}

Sql<> Sealer::put(std::int64_t series, std::span<const ResultRow> rows) {
  const auto chunk = encode_chunk(series, rows);
  const auto& summary = chunk.summary;
  const auto begin = start_of_hour(summary.hour);
  return statements_.put
      .bind(series, summary.hour, summary.count, summary.successes, summary.failures, summary.special,
            summary.first - begin, summary.last - begin, summary.gap, summary.interval, summary.sum, summary.least,
            summary.most, Blob{chunk.durations}, Blob{chunk.rest})
      .run();
}

}  // namespace nines::store
