#pragma once

// What the store does beside taking in results: seals hours that are over, deletes what is older than it is to keep,
// and gives free pages back. Internal to the store; on the connection that writes.
//
// Work is done in slices, each one transaction of about kSlice, so that results never wait long. One round visits every
// series. A process that dies in a slice leaves the store as it was before it; the next round goes on.

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "store/sealed.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace nines::store {

class Tidier {
 public:
  static constexpr std::chrono::milliseconds kSlice{50};
  static constexpr std::int64_t kSparePages = 256;  // free, for what comes next

  // `connection` and `clock` outlive this.
  static Sql<Tidier> make(Connection& connection, const Clock& clock, Micros seal_after);

  struct Outcome {
    bool more = false;     // the round is not over
    bool changed = false;  // chunks are not what they were
  };
  // Lets the next slice begin a round.
  void begin_anew() { stage_ = Stage::begin; }
  // Begins a round, or goes on with it. After a fault the next call begins anew.
  Sql<Outcome> slice(const Retention& retention);

 private:
  struct Deletions {
    Statement chunks, results, evidence, attempts;
  };
  struct Deleted {
    std::int64_t hours = 0;  // sealed, of one series each
    std::int64_t results = 0;
    std::int64_t evidence = 0;
  };
  enum class Stage { begin, series, size, vacuum };

  Tidier(Connection& connection, const Clock& clock, Micros seal_after, Sealer sealer, Deletions deletions)
      : connection_(&connection),
        clock_(&clock),
        seal_after_(seal_after),
        sealer_(std::move(sealer)),
        deletions_(std::move(deletions)) {}

  Sql<Outcome> work(const Retention& retention);
  Sql<> begin_round(const Retention& retention);
  Sql<> visit_series(const Retention& retention, bool& changed);
  Sql<bool> seal_next(std::int64_t series);
  Sql<bool> delete_some(std::int64_t series, const Retention& retention);
  Sql<Time> keep_from(std::int64_t series, const Retention& retention);
  Sql<std::int64_t> remove(Statement& statement, std::int64_t series, std::int64_t before);
  Sql<std::int64_t> used_bytes();
  Sql<std::int64_t> oldest_hour();
  Sql<> look_at_size(const Retention& retention);
  Sql<bool> vacuum_some();
  void report();

  Connection* connection_;
  const Clock* clock_;
  Micros seal_after_;
  Sealer sealer_;
  Deletions deletions_;

  Stage stage_ = Stage::begin;
  std::vector<std::int64_t> series_;  // of this round
  std::size_t next_series_ = 0;
  bool deleting_ = false;         // in this round: once an hour is enough
  std::int64_t deleted_at_ = -1;  // hour, with…
  Retention deleted_by_;
  Time seal_from_ = Time::min();   // of the present series
  Time not_before_ = Time::min();  // older results go for want of room
  bool too_small_ = false;         // and that was said
  Deleted deleted_;                // in this round
};

}  // namespace nines::store
