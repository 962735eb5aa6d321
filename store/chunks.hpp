#pragma once

// The two forms of results, the table `result` and the table `chunk`, read as one. Internal to the store.
//
// A result is in one of them only. Those of an hour may be in both: what comes late waits in `result` until its hour is
// sealed again. Every call belongs into a transaction of the caller, so that a result that is moved meanwhile is seen
// once. A damaged chunk is a fault with SQLITE_CORRUPT.

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/chunk.hpp"
#include "store/sqlite.hpp"

namespace nines::store {

// The columns in the order in which read_summary() and read_chunk() take them.
inline constexpr std::string_view kSummaryColumns =
    "hour, count, successes, failures, special, first, last, gap, interval, sum, least, most";
inline constexpr std::string_view kChunkColumns =
    "hour, count, successes, failures, special, first, last, gap, interval, sum, least, most, durations, rest";
inline constexpr int kDurationsColumn = 12;
HourSummary read_summary(const Statement& statement);
ChunkView read_chunk(const Statement& statement);  // its bytes are valid until the next step
// "the results of series 7 from 2026-10-01T00:00:00Z: its durations …"
SqlFault damaged_chunk(std::int64_t series, std::int64_t hour, const Error& error);
// The rows of the chunk that the statement stands at.
Sql<std::vector<ResultRow>> read_chunk_rows(const Statement& statement, std::int64_t series);

Sql<std::optional<std::int64_t>> find_series(Connection& connection, const SeriesKey& key);

// Every result of the period in order of start, until the visitor returns false.
using RowVisitor = std::function<bool(const ResultRow&)>;
Sql<> visit_rows(Connection& connection, std::int64_t series, const Period& period, const RowVisitor& visitor);

// Of scheduled results. A failure is the target's, not the agent's.
enum class Wanted { success, failure };
Sql<std::optional<Time>> first_in(Connection& connection, std::int64_t series, Wanted wanted, const Period& period);
Sql<std::optional<Time>> last_before(Connection& connection, std::int64_t series, Wanted wanted, Time at);
// Reader::run_start.
Sql<std::optional<Time>> run_start(Connection& connection, std::int64_t series, Time at);
// Reader::extent.
Sql<std::optional<Period>> extent(Connection& connection, std::int64_t series);

}  // namespace nines::store
