#include "store/chunks.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "store/rows.hpp"

namespace nines::store {
namespace {

bool is(const ResultRow& row, Wanted wanted) {
  if (row.origin != Origin::scheduled) return false;
  return wanted == Wanted::success ? row.success() : !row.success() && !is_agent_fault(row.reason);
}

std::string condition(Wanted wanted) {
  return wanted == Wanted::success ? "origin = 0 AND reason = 0" : "origin = 0 AND reason BETWEEN 1 AND 199";
}

std::string counted(Wanted wanted) {
  return wanted == Wanted::success ? "successes > 0" : "failures > 0";
}

// What the statement gives at first; the statement is done afterwards.
template <class Read>
auto first_row(Statement& statement, const Read& read) -> Sql<std::optional<decltype(read(std::as_const(statement)))>> {
  std::optional<decltype(read(std::as_const(statement)))> value;
  const auto row = statement.step();
  if (!row) return std::unexpected(row.error());
  if (*row) value = read(std::as_const(statement));
  statement.reset();
  return value;
}

template <class Read, class... Values>
auto ask(Connection& connection, const std::string& sql, const Read& read, const Values&... values)
    -> Sql<std::optional<decltype(read(std::declval<const Statement&>()))>> {
  auto statement = Statement::prepare_kept(connection, sql);
  if (!statement) return std::unexpected(statement.error());
  return first_row(statement->bind(values...), read);
}

Time first_time(const Statement& statement) {
  return statement.time(0);
}

// A row of `result` after the other, the present one at hand.
class HotRows {
 public:
  static Sql<HotRows> open(Connection& connection, std::int64_t series, const Period& period) {
    auto statement =
        Statement::prepare_kept(connection, "SELECT " + std::string(kRowColumns) +
                                                " FROM result WHERE series = ? AND start >= ? AND start < ? "
                                                "ORDER BY start");
    if (!statement) return std::unexpected(statement.error());
    statement->bind(series, period.from, period.to);
    HotRows rows(std::move(*statement));
    if (auto done = rows.advance(); !done) return std::unexpected(done.error());
    return rows;
  }
  const ResultRow* now() const { return there_ ? &row_ : nullptr; }
  Sql<> advance() {
    const auto there = statement_.step();
    if (!there) return std::unexpected(there.error());
    there_ = *there;
    if (there_) row_ = read_row(statement_);
    return {};
  }

 private:
  explicit HotRows(Statement statement) : statement_(std::move(statement)) {}
  Statement statement_;
  ResultRow row_;
  bool there_ = false;
};

// Shows rows of `hot` with a start under `before`; false: the visitor has enough.
Sql<bool> show_before(HotRows& hot, Time before, const RowVisitor& visitor) {
  while (hot.now() && hot.now()->start < before) {
    if (!visitor(*hot.now())) return false;
    if (auto done = hot.advance(); !done) return std::unexpected(done.error());
  }
  return true;
}

// Successes alone: the first and the last are told without a look at them.
bool told_by_summary(const HourSummary& summary, Wanted wanted) {
  return wanted == Wanted::success && summary.special == 0;
}

Sql<std::optional<Time>> chunk_first(Connection& connection, std::int64_t series, Wanted wanted, const Period& period) {
  auto statement =
      Statement::prepare_kept(connection, "SELECT " + std::string(kChunkColumns) +
                                              " FROM chunk WHERE series = ? AND hour BETWEEN ? AND ? AND " +
                                              counted(wanted) + " ORDER BY hour");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(series, hour_of(period.from), hour_of(period.to));
  for (;;) {
    const auto there = statement->step();
    if (!there) return std::unexpected(there.error());
    if (!*there) return std::nullopt;
    const auto summary = read_summary(*statement);
    if (told_by_summary(summary, wanted) && period.contains(summary.first)) return summary.first;
    const auto rows = read_chunk_rows(*statement, series);
    if (!rows) return std::unexpected(rows.error());
    const auto found = std::ranges::find_if(
        *rows, [&](const ResultRow& row) { return period.contains(row.start) && is(row, wanted); });
    if (found != rows->end()) return found->start;
  }
}

Sql<std::optional<Time>> chunk_last(Connection& connection, std::int64_t series, Wanted wanted, Time at) {
  auto statement = Statement::prepare_kept(connection, "SELECT " + std::string(kChunkColumns) +
                                                           " FROM chunk WHERE series = ? AND hour <= ? AND " +
                                                           counted(wanted) + " ORDER BY hour DESC");
  if (!statement) return std::unexpected(statement.error());
  statement->bind(series, hour_of(at));
  for (;;) {
    const auto there = statement->step();
    if (!there) return std::unexpected(there.error());
    if (!*there) return std::nullopt;
    const auto summary = read_summary(*statement);
    if (told_by_summary(summary, wanted) && summary.last < at) return summary.last;
    const auto rows = read_chunk_rows(*statement, series);
    if (!rows) return std::unexpected(rows.error());
    const auto found = std::find_if(rows->rbegin(), rows->rend(),
                                    [&](const ResultRow& row) { return row.start < at && is(row, wanted); });
    if (found != rows->rend()) return found->start;
  }
}

}  // namespace

HourSummary read_summary(const Statement& statement) {
  HourSummary summary;
  int column = 0;
  for (auto number : {&HourSummary::hour, &HourSummary::count, &HourSummary::successes, &HourSummary::failures,
                      &HourSummary::special}) {
    summary.*number = statement.integer(column++);
  }
  for (auto time : {&HourSummary::first, &HourSummary::last}) {
    summary.*time = start_of_hour(summary.hour) + statement.micros(column++);
  }
  for (auto length :
       {&HourSummary::gap, &HourSummary::interval, &HourSummary::sum, &HourSummary::least, &HourSummary::most}) {
    summary.*length = statement.micros(column++);
  }
  return summary;
}

ChunkView read_chunk(const Statement& statement) {
  return {read_summary(statement), statement.blob(kDurationsColumn), statement.blob(kDurationsColumn + 1)};
}

SqlFault damaged_chunk(std::int64_t series, std::int64_t hour, const Error& error) {
  return {SQLITE_CORRUPT, "the hour of series " + std::to_string(series) + " from " +
                              format_time(start_of_hour(hour), 0) + " is damaged: " + error.message};
}

Sql<std::vector<ResultRow>> read_chunk_rows(const Statement& statement, std::int64_t series) {
  const auto chunk = read_chunk(statement);
  auto rows = decode_chunk(series, chunk);
  if (!rows) return std::unexpected(damaged_chunk(series, chunk.summary.hour, rows.error()));
  return std::move(*rows);
}

Sql<std::optional<std::int64_t>> find_series(Connection& connection, const SeriesKey& key) {
  return ask(
      connection, "SELECT id FROM series WHERE check_name = ? AND region = ?",
      [](const Statement& row) { return row.integer(0); }, key.check, key.region);
}

Sql<> visit_rows(Connection& connection, std::int64_t series, const Period& period, const RowVisitor& visitor) {
  if (period.from >= period.to) return {};
  auto hot = HotRows::open(connection, series, period);
  if (!hot) return std::unexpected(hot.error());
  auto chunks =
      Statement::prepare_kept(connection, "SELECT " + std::string(kChunkColumns) +
                                              " FROM chunk WHERE series = ? AND hour BETWEEN ? AND ? ORDER BY hour");
  if (!chunks) return std::unexpected(chunks.error());
  chunks->bind(series, hour_of(period.from), hour_of(period.to - Micros(1)));
  for (;;) {
    const auto there = chunks->step();
    if (!there) return std::unexpected(there.error());
    if (!*there) break;
    const auto rows = read_chunk_rows(*chunks, series);
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : *rows) {
      if (!period.contains(row.start)) continue;
      const auto more = show_before(*hot, row.start, visitor);
      if (!more) return std::unexpected(more.error());
      if (!*more || !visitor(row)) return {};
    }
  }
  const auto rest = show_before(*hot, period.to, visitor);
  if (!rest) return std::unexpected(rest.error());
  return {};
}

Sql<std::optional<Time>> first_in(Connection& connection, std::int64_t series, Wanted wanted, const Period& period) {
  const auto hot = ask(connection,
                       "SELECT start FROM result WHERE series = ? AND start >= ? AND start < ? AND " +
                           condition(wanted) + " ORDER BY start LIMIT 1",
                       first_time, series, period.from, period.to);
  if (!hot) return hot;
  const auto sealed = chunk_first(connection, series, wanted, period);
  if (!sealed || !*sealed) return sealed ? hot : sealed;
  return *hot ? std::min(**hot, **sealed) : **sealed;
}

Sql<std::optional<Time>> last_before(Connection& connection, std::int64_t series, Wanted wanted, Time at) {
  const auto hot = ask(connection,
                       "SELECT start FROM result WHERE series = ? AND start < ? AND " + condition(wanted) +
                           " ORDER BY start DESC LIMIT 1",
                       first_time, series, at);
  if (!hot) return hot;
  const auto sealed = chunk_last(connection, series, wanted, at);
  if (!sealed || !*sealed) return sealed ? hot : sealed;
  return *hot ? std::max(**hot, **sealed) : **sealed;
}

Sql<std::optional<Time>> run_start(Connection& connection, std::int64_t series, Time at) {
  const auto success = last_before(connection, series, Wanted::success, at);
  if (!success) return success;
  return first_in(connection, series, Wanted::failure, {*success ? **success + Micros(1) : Time::min(), at});
}

Sql<std::optional<Period>> extent(Connection& connection, std::int64_t series) {
  std::optional<Period> whole;
  const auto add = [&](const Sql<std::optional<Time>>& start) {
    if (!start || !*start) return;
    if (!whole) whole = Period{**start, **start};
    whole->from = std::min(whole->from, **start);
    whole->to = std::max(whole->to, **start);
  };
  for (const std::string order : {"ORDER BY start LIMIT 1", "ORDER BY start DESC LIMIT 1"}) {
    const auto start = ask(connection, "SELECT start FROM result WHERE series = ? " + order, first_time, series);
    if (!start) return std::unexpected(start.error());
    add(start);
  }
  for (const std::string query : {"SELECT hour, first FROM chunk WHERE series = ? ORDER BY hour LIMIT 1",
                                  "SELECT hour, last FROM chunk WHERE series = ? ORDER BY hour DESC LIMIT 1"}) {
    const auto start = ask(
        connection, query, [](const Statement& row) { return start_of_hour(row.integer(0)) + row.micros(1); }, series);
    if (!start) return std::unexpected(start.error());
    add(start);
  }
  return whole;
}

}  // namespace nines::store
