#pragma once

// Our values as columns, both ways, and the statements that add them. Internal to the store.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.hpp"
#include "store/sealed.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace nines::store {

// The columns of `result` that make a ResultRow, in the order in which read_row() takes them.
inline constexpr std::string_view kRowColumns =
    "start, duration, measured, interval, resolve, connect, tls, processing, transfer, status, reason, first_reason, "
    "attempts, origin";
ResultRow read_row(const Statement& statement);

inline constexpr std::string_view kSettingsColumns =
    "check_name, start, interval, stale_after, warning, critical, recovery, service, journey, uplink, removed";
SettingsEntry read_settings(const Statement& statement);

inline constexpr std::string_view kWindowColumns =
    "id, configured, service, start, stop, schedule, time_zone, reason, author, excluded, entered, since, removed, "
    "removed_by, removed_reason, entirely";
WindowEntry read_window(const Statement& statement);

// "duration_ms": the first figure in which two rows of the same start differ, by its name in JSON Lines; empty if none.
std::string_view difference(const ResultRow& a, const ResultRow& b);

// Adds rows through statements prepared once. Every call belongs into a transaction of the caller; after a rollback,
// and after whatever changed chunks, forget().
class RowWriter {
 public:
  static Sql<RowWriter> make(Connection& connection);

  // What became of a result. `differs` names the figure in which the row that was there first differs; it stays.
  struct Added {
    bool added = false;
    std::string_view differs;
  };
  // A run of one attempt has one reason, and a run that failed failed at first: first_reason is set to that.
  Sql<Added> add(const Result& result);
  Sql<> add(const HealthEntry& entry);
  Sql<> add(const ClockStepEntry& entry);
  Sql<> add(const SettingsEntry& entry);
  Sql<> add(const LedgerChange& change);

  void forget() {
    series_.clear();
    sealed_.forget();
  }

 private:
  struct KeyHash {
    std::size_t operator()(const SeriesKey& key) const {
      return std::hash<std::string>()(key.check) * 31 + std::hash<std::string>()(key.region);
    }
  };
  struct Statements {
    Statement find_series, add_series, add_result, find_result, add_evidence, add_attempt, add_health, add_clock_step,
        add_settings, put_ledger, remove_ledger;
  };
  RowWriter(Connection& connection, Statements statements, SealedRows sealed)
      : connection_(&connection), statements_(std::move(statements)), sealed_(std::move(sealed)) {}

  Sql<std::int64_t> series_id(const SeriesKey& key);
  Sql<ResultRow> stored(std::int64_t series, Time start);
  Sql<> add_evidence(std::int64_t series, Time start, const Evidence& evidence);

  Connection* connection_;
  Statements statements_;
  SealedRows sealed_;
  std::unordered_map<SeriesKey, std::int64_t, KeyHash> series_;
};

}  // namespace nines::store
