#pragma once

// Hours that are made chunks, and what is in them. Internal to the store; on the connection that writes.

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/chunk.hpp"
#include "store/sqlite.hpp"

namespace nines::store {

// Tells whether a result is in a chunk. Remembers, for each series, up to when there are chunks, so that what is new
// costs nothing, and the hour it looked into last. forget() after a rollback and after whatever changed chunks.
class SealedRows {
 public:
  static Sql<SealedRows> make(Connection& connection);

  // nullptr: not in a chunk, or in one that is damaged. Valid until the next call.
  Sql<const ResultRow*> find(std::int64_t series, Time start);
  void forget();

 private:
  SealedRows(Statement last_hour, Statement get) : last_hour_(std::move(last_hour)), get_(std::move(get)) {}
  Sql<std::int64_t> last_hour(std::int64_t series);
  Sql<> look_into(std::int64_t series, std::int64_t hour);

  Statement last_hour_, get_;
  std::unordered_map<std::int64_t, std::int64_t> last_hours_;
  std::optional<std::pair<std::int64_t, std::int64_t>> looked_into_;  // series, hour
  std::vector<ResultRow> rows_;                                       // of it
};

// Moves results of an hour from `result` into its chunk, in a transaction of the caller.
class Sealer {
 public:
  static Sql<Sealer> make(Connection& connection);

  // The first hour of the series with rows in `result` from `from` on.
  Sql<std::optional<std::int64_t>> next_hour(std::int64_t series, Time from);
  // True: its rows are in a chunk now. An hour of more than kMaxChunkRows results, or whose chunk is damaged, stays as
  // it is; the latter is logged once.
  Sql<bool> seal(std::int64_t series, std::int64_t hour);
  // Writes the chunk of these rows, which are all of their hour, in place of the one there was.
  Sql<> put(std::int64_t series, std::span<const ResultRow> rows);

 private:
  struct Statements {
    Statement next, rows, get, put, remove;
  };
  explicit Sealer(Statements statements) : statements_(std::move(statements)) {}
  Sql<std::vector<ResultRow>> hot_rows(std::int64_t series, std::int64_t hour);
  Sql<std::optional<std::vector<ResultRow>>> chunk_rows(std::int64_t series, std::int64_t hour);

  Statements statements_;
  std::set<std::pair<std::int64_t, std::int64_t>> damaged_;
};

}  // namespace nines::store
