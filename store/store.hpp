#pragma once

// The store: every result, in SQLite (WAL, synchronous=FULL). docs/storage.md says what every byte means.
//
// One Store per data directory and process: it owns the writer thread. Reading is done through Readers, each with its
// own read-only connection. Times are microseconds since the epoch, UTC.

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/result.hpp"
#include "store/alerts.hpp"
#include "store/book.hpp"
#include "store/hour.hpp"

namespace nines::store {

inline constexpr const char* kFileName = "nines.db";

// What a configuration said of a check, stored when it changes (sla.md: figures use what was in force).
struct SettingsEntry {
  std::string check;
  Time from{};
  Micros interval{0};
  Micros stale_after{0};
  int warning = 3;
  int critical = 5;
  int recovery = 1;
  std::string service;
  bool journey = false;
  bool uplink = false;
  bool removed = false;
  // Everything but `from`.
  bool same_settings(const SettingsEntry& other) const;
};

struct ClockStepEntry {
  std::string region;
  Time at{};
  Micros step{0};  // how far the wall clock jumped, signed
};

// Live health of a check in this agent, as it was after its last result.
struct HealthEntry {
  std::string check;
  int state = 0;
  int failures = 0;
  int successes = 0;
  Time last_result{};
  Time since{};
};

// Something that a journey's step left in the target and that is not known to be gone.
struct LedgerEntry {
  std::int64_t id = 0;  // of whoever writes the ledger: unique among the entries that are open
  std::string journey;
  std::string step;  // that made it
  std::string kind;  // for people: "task"
  std::string name;  // what the target calls it
  std::string url;   // DELETE of it removes it; holds no secret
  Time created{};
  int tries = 0;  // deletions that failed
  bool operator==(const LedgerEntry&) const = default;
};

// What is to become of the entry with this id: written, with what is given replacing what was there, or removed.
struct LedgerChange {
  LedgerEntry entry;
  bool remove = false;
  // Told on the store's thread, once: whether it is durable. One that asks is written at once. Must not block.
  std::function<void(bool)> settled{};
};

struct EvidenceEntry {
  SeriesKey key;
  Time start{};
  Evidence evidence;
};

// Since the store was opened.
struct WriterStats {
  std::uint64_t queued = 0;   // waiting now
  std::uint64_t written = 0;  // results, durable
  std::uint64_t failed = 0;   // results that are not stored: queue full, write error, or another of the same key
  bool healthy = true;        // the last batch was stored
};

// What is stored of an hour of a series, or of the part of it that lies in the period that was asked for. An hour of
// plain results alone is told without them; of every other the results are given, of any origin, in order of start.
struct StoredHour {
  HourSummary summary{};                // of what is in the period
  bool plain = false;                   // summary.special is 0 and rows were not wanted; `rows` is empty
  std::span<const Micros> durations{};  // of a plain hour, when they were asked for, in order of start
  std::span<const Micros> measured{};   // the same; empty also where no result has a measured time
  std::span<const ResultRow> rows{};
};
enum class HourContent { summaries, durations };
// What is in a StoredHour is gone after the call. False: enough.
using HourVisitor = std::function<bool(const StoredHour&)>;
using SeriesHourVisitor = std::function<bool(std::size_t series, const StoredHour&)>;
// Whether the results of an hour are wanted although it is plain.
using WantsRows = std::function<bool(std::size_t series, const HourSummary&)>;

// A read-only view. Not for several threads at once; cheap enough to make one per request. Each call is one
// transaction: what it returns is consistent.
class Reader {
 public:
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  // Another of the same store, for another thread.
  Expected<Reader> another() const;

  Expected<std::vector<SeriesKey>> series();
  // Rows with period.from <= start < period.to in order of start, origin scheduled only.
  Expected<std::vector<ResultRow>> rows(const SeriesKey& key, const Period& period);
  // The start of the earliest row of the failure run that the last row before `at` belongs to; nullopt when that row
  // is a success or there is none. Agent faults do not end a run.
  Expected<std::optional<Time>> run_start(const SeriesKey& key, Time at);
  // The start of the last success with start < at, and of the first with start >= at; nullopt when there is none. Like
  // run_start() of scheduled results only.
  Expected<std::optional<Time>> last_success_before(const SeriesKey& key, Time at);
  Expected<std::optional<Time>> first_success_from(const SeriesKey& key, Time at);
  // [first start, last start] stored for the series, of any origin; nullopt when it has no rows.
  Expected<std::optional<Period>> extent(const SeriesKey& key);
  Expected<std::vector<SettingsEntry>> settings();  // by check, then from
  Expected<std::vector<ClockStepEntry>> clock_steps();
  Expected<std::vector<HealthEntry>> health();
  Expected<std::vector<LedgerEntry>> ledger();     // by id
  Expected<std::vector<WindowEntry>> windows();    // by id, those that were removed among them
  Expected<bool> windows_loaded();                 // a configuration's windows were recorded, were it none
  Expected<std::vector<FrozenMonth>> frozen();     // by id
  Expected<std::vector<Delivery>> deliveries();    // by id of their months, then way
  Expected<std::vector<AlertEntry>> alerts();      // by id
  Expected<std::vector<AlertTold>> alerts_told();  // by alert, then receiver
  Expected<std::vector<SilenceEntry>> silences();  // by receiver, then window
  // In order of start, the first `limit` of the period.
  Expected<std::vector<EvidenceEntry>> evidence(const SeriesKey& key, const Period& period, int limit);
  // Visits every result of the period, of any origin and without its evidence, sorted by check, region, start (export);
  // stops when the visitor returns false.
  Expected<void> visit(const Period& period, const std::function<bool(const Result&)>& visitor);
  // Visits each hour of the period in which the series has results, in order; stops when the visitor returns false. A
  // month of a check takes a millisecond and no more memory than an hour: hours that are sealed, whole and plain are
  // not read but for their durations, and not even those with HourContent::summaries.
  //
  //   reader.visit_hours(key, month, HourContent::durations, [&](const StoredHour& hour) {
  //     for (Micros duration : hour.durations) add_success(duration);
  //     for (const ResultRow& row : hour.rows) judge(row);
  //     return true;
  //   });
  Expected<void> visit_hours(const SeriesKey& key, const Period& period, HourContent content,
                             const HourVisitor& visitor);
  // The same of many series, several times as fast as one after the other: hours of each come in order, those of all in
  // turn. `series` is an index into `keys`. wants_rows: of none if it is empty.
  Expected<void> visit_hours(std::span<const SeriesKey> keys, const Period& period, HourContent content,
                             const SeriesHourVisitor& visitor, const WantsRows& wants_rows = {});

 private:
  friend class Store;
  friend Expected<Reader> open_reader(const std::string& data_dir);
  struct Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Opens an existing store for reading only; never creates, migrates or changes it. Refuses a store from a newer
// version, and one that does not exist, with a sentence.
Expected<Reader> open_reader(const std::string& data_dir);

// What is kept; by default everything. Deleted time is time without results.
struct Retention {
  Micros results = Micros::max();   // age of the oldest. A failure run that goes on is kept whole, however old
  Micros evidence = Micros::max();  // the same of what failures left; never older than results
  std::int64_t max_bytes = std::numeric_limits<std::int64_t>::max();  // of the file; the oldest results go first
  bool operator==(const Retention&) const = default;
};

struct StoreOptions {
  std::string data_dir;
  std::size_t queue_limit = 100'000;  // results
  const Clock* clock = &system_clock();
  Retention retention{};
  Micros seal_after = std::chrono::minutes(10);  // the end of an hour its results are sealed
  std::chrono::milliseconds tidy_every = std::chrono::seconds(60);
};

class Store {
 public:
  // Creates data_dir and the file when absent, for their owner alone, migrates an older one (copying it first), refuses
  // a newer one without touching it. Takes a lock on the directory: a second agent on the same store is refused with a
  // sentence.
  static Expected<std::unique_ptr<Store>> open(StoreOptions options);
  // Writes what is queued (at most 5 s), closes.
  ~Store();
  Store(const Store&) = delete;

  // Any thread, never blocks, never throws. False: the queue is full; counted and logged. Of two results with the same
  // (check, region, start) the first is kept; the second counts as failed unless it is the same. The first reason of a
  // run of one attempt is its reason.
  bool submit(Result result);
  // The same, with the health that the result leads to: after a crash both are there or neither.
  bool submit(Result result, HealthEntry health);
  // Health as of now for a restart; written in the same batches as results. Any thread, never blocks.
  void submit_health(HealthEntry entry);
  void submit_clock_step(ClockStepEntry step);
  // False: the queue is full, and `settled` is not called.
  bool submit_ledger(LedgerChange change);

  // Waits until everything submitted before is durable or has failed; false when something that was taken since the
  // flush() before has failed. A full queue takes nothing: whether all results of a run are stored is
  // `stats().failed == 0` after a flush(). Any thread but the loop's.
  bool flush();
  WriterStats stats() const;  // any thread
  Reader reader() const;      // any thread; throws std::runtime_error when the file cannot be opened any more

  // From the next round on. Any thread.
  void set_retention(const Retention& retention);
  // Does now what the writer's thread does every tidy_every: seals the hours that are over, deletes what retention no
  // longer keeps, gives free space back. In slices between which results are written. Any thread but the loop's.
  Expected<void> tidy();

  // Stores the settings that differ from the last stored of their check, and `removed` for checks no longer given.
  // Start-up only, before the loop runs.
  Expected<void> record_settings(std::span<const SettingsEntry> now_in_force);

  // All or none, durable when it returns. Any thread but a loop's: it waits for the disk.
  Expected<void> change_alerts(const AlertChanges& changes);

  // What `next` gives until nullopt, all rows or none, in one transaction; its errors are passed on. A row whose
  // (check, region, start) is stored with the same content changes nothing; with other content: an Error whose at->line
  // is 1 + its index. Nothing else is written meanwhile, so `next` must not flush(). Any thread.
  struct Imported {
    std::uint64_t added = 0;
    std::uint64_t unchanged = 0;
  };
  Expected<Imported> import(const std::function<Expected<std::optional<Result>>()>& next);

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nines::store
