#pragma once

// The queue between the probe loops and the disk, and the thread that empties it. Internal to the store.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace nines::store {

// Takes items from any thread without blocking and hands them in order, in batches, to `write`, which makes each batch
// durable in one transaction. A batch begins as soon as there is something, but not within kGap of the one before
// unless somebody waits for it, so that a busy agent does not sync the disk for every result; what is submitted is
// durable kGap and a commit later.
//
// A batch that fails for a reason that may pass is tried again a few times, then its results count as failed. Every run
// of losses is logged when it begins, with what is lost, and, with the number of results, when it is over.
class Writer {
 public:
  using Item = std::variant<Result, HealthEntry, ClockStepEntry, LedgerChange>;
  struct Stored {
    std::uint64_t results = 0;
    std::uint64_t refused = 0;  // another result of the same key was there first; counts as failed
  };
  // What can be lost, the least first: a loss is logged again when it becomes one of more.
  enum class Loss { none, health, clock_steps, ledger, results };
  using Write = std::function<Sql<Stored>(std::span<const Item>)>;
  // Work beside writing: a little of it now and then, at first `every` after the start; again soon as long as `some`
  // says that there is more.
  struct Chores {
    std::chrono::milliseconds every;
    std::function<bool()> some;
  };

  static constexpr std::size_t kBatch = 4096;  // results
  static constexpr std::chrono::milliseconds kGap{100};
  static constexpr std::chrono::seconds kStopLimit{5};
  static constexpr std::chrono::milliseconds kPause{20};  // between chores

  // `write` and `chores` are called on the writer's thread only.
  Writer(std::size_t queue_limit, Write write, Chores chores);
  // Writes what is queued; what is not durable kStopLimit later is counted and logged as lost.
  ~Writer();
  Writer(const Writer&) = delete;

  // False: the queue is full, or there is no memory. What is given together is written in one batch.
  bool submit(Item item, std::optional<HealthEntry> together = std::nullopt) noexcept;
  // Waits for everything submitted before; false when something taken since the flush() before could not be stored. Not
  // on the writer's thread.
  bool flush();
  WriterStats stats() const;

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  std::vector<Item> take_batch();
  Sql<Stored> write_with_retries(std::span<const Item> batch);
  void settle(std::span<const Item> batch, const Sql<Stored>& outcome);
  bool give_up() const { return stopping_ && Clock::now() >= stop_deadline_; }

  const std::size_t queue_limit_;
  const Write write_;
  const Chores chores_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;     // the writer waits for items
  std::condition_variable settled_;  // flush() waits for the writer
  std::deque<Item> queue_;
  std::size_t queued_results_ = 0;  // in queue_ and in the batch being written
  std::size_t queued_others_ = 0;
  bool urgent_ = false;                 // somebody waits for a change of the ledger in queue_: no gap
  std::uint64_t submitted_ = 0;         // items, ever
  std::uint64_t done_ = 0;              // items written or given up, ever
  std::uint64_t unstored_ = 0;          // items that were taken and not stored, ever
  std::uint64_t flushed_unstored_ = 0;  // of which an earlier flush() told
  int flushing_ = 0;                    // callers in flush(): no gap between batches
  WriterStats stats_;
  std::uint64_t lost_ = 0;     // results of the present run of losses
  Loss full_ = Loss::none;     // what was logged as lost to the full queue in a run that is not over
  Loss failing_ = Loss::none;  // the same for failed batches
  bool stopping_ = false;
  Clock::time_point stop_deadline_{};

  std::thread thread_;  // last: it uses everything above
};

}  // namespace nines::store
