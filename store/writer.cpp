#include "store/writer.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "base/log.hpp"

namespace nines::store {
namespace {

using std::chrono::milliseconds;

constexpr std::array<milliseconds, 3> kBackOff = {milliseconds(50), milliseconds(200), milliseconds(800)};

bool is_result(const Writer::Item& item) {
  return std::holds_alternative<Result>(item);
}

std::size_t count_results(std::span<const Writer::Item> items) {
  return static_cast<std::size_t>(std::ranges::count_if(items, is_result));
}

using Loss = Writer::Loss;

Loss loss_of(const Writer::Item& item) {
  if (is_result(item)) return Loss::results;
  if (std::holds_alternative<LedgerChange>(item)) return Loss::ledger;
  return std::holds_alternative<ClockStepEntry>(item) ? Loss::clock_steps : Loss::health;
}

Loss loss_of(std::span<const Writer::Item> items) {
  Loss most = Loss::none;
  for (const auto& item : items) most = std::max(most, loss_of(item));
  return most;
}

// What the log says, whole, so that nothing is allocated where memory may be short.
struct Words {
  const char* queue_full;
  const char* unwritable;
  const char* again;
};

const Words& words(Loss loss) {
  static constexpr std::array<Words, 5> kWords = {{
      {"", "", ""},
      {"health states are lost: the store's queue is full", "health states are lost: the store cannot be written",
       "health states are stored again"},
      {"clock steps are lost: the store's queue is full", "clock steps are lost: the store cannot be written",
       "clock steps are stored again"},
      {"changes of the ledger are lost: the store's queue is full",
       "changes of the ledger are lost: the store cannot be written", "changes of the ledger are stored again"},
      {"results are lost: the store's queue is full", "results are lost: the store cannot be written",
       "results are stored again"},
  }};
  return kWords.at(static_cast<std::size_t>(loss));
}

bool is_waited_for(const Writer::Item& item) {
  const auto* change = std::get_if<LedgerChange>(&item);
  return change != nullptr && change->settled;
}

void tell_waiting(std::span<const Writer::Item> batch, bool stored) {
  for (const auto& item : batch) {
    if (is_waited_for(item)) std::get<LedgerChange>(item).settled(stored);
  }
}

// True when the loss is to be logged: the first of its run, or one of more than was logged.
bool note_loss(Loss& logged, Loss loss) {
  return std::exchange(logged, std::max(logged, loss)) < loss;
}

}  // namespace

Writer::Writer(std::size_t queue_limit, Write write, Chores chores)
    : queue_limit_(queue_limit), write_(std::move(write)), chores_(std::move(chores)), thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_deadline_ = Clock::now() + kStopLimit;
  }
  wake_.notify_all();
  thread_.join();
}

bool Writer::submit(Item item, std::optional<HealthEntry> together) noexcept {
  const bool result = is_result(item);
  const auto loss = loss_of(item);
  const bool urgent = is_waited_for(item);
  bool wake = false;
  bool report = false;
  bool taken = false;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t before = queue_.size();
    auto& count = result ? queued_results_ : queued_others_;
    if (count < queue_limit_) {
      try {
        queue_.push_back(std::move(item));
        taken = true;
        ++count;
        ++submitted_;
        if (together) {
          queue_.emplace_back(*std::move(together));
          ++queued_others_;
          ++submitted_;
        }
      } catch (const std::bad_alloc&) {
        report = false;  // what was not pushed is not taken
      }
    }
    if (taken) {
      urgent_ = urgent_ || urgent;
      wake = before == 0 || queued_results_ == kBatch || urgent;
    } else {
      stats_.failed += result ? 1 : 0;
      lost_ += result ? 1 : 0;
      report = note_loss(full_, loss);
    }
  }
  if (wake) wake_.notify_one();
  if (report) log::error(words(loss).queue_full, {{"queue_limit", queue_limit_}});
  return taken;
}

bool Writer::flush() {
  std::unique_lock lock(mutex_);
  const auto target = submitted_;
  ++flushing_;
  wake_.notify_one();
  settled_.wait(lock, [&] { return done_ >= target; });
  --flushing_;
  return std::exchange(flushed_unstored_, unstored_) == unstored_;
}

WriterStats Writer::stats() const {
  const std::lock_guard lock(mutex_);
  WriterStats stats = stats_;
  stats.queued = queued_results_;
  return stats;
}

void Writer::run() {
  std::unique_lock lock(mutex_);
  auto next_batch = Clock::now();
  auto next_chore = next_batch + chores_.every;
  for (;;) {
    wake_.wait_until(lock, next_chore, [&] { return stopping_ || !queue_.empty(); });
    if (!stopping_ && Clock::now() >= next_chore) {
      lock.unlock();
      const bool more = chores_.some();
      lock.lock();
      next_chore = Clock::now() + (more ? kPause : chores_.every);
    }
    if (queue_.empty()) {
      if (stopping_) return;
      continue;
    }
    wake_.wait_until(lock, next_batch,
                     [&] { return stopping_ || flushing_ > 0 || urgent_ || queued_results_ >= kBatch; });
    next_batch = Clock::now() + kGap;
    const auto batch = take_batch();
    lock.unlock();
    const auto outcome = write_with_retries(batch);
    settle(batch, outcome);
    tell_waiting(batch, outcome.has_value());
    lock.lock();
  }
}

// Health and clock steps that follow the last result go with it.
std::vector<Writer::Item> Writer::take_batch() {
  std::vector<Item> batch;
  std::size_t results = 0;
  while (!queue_.empty()) {
    if (is_result(queue_.front()) && ++results > kBatch) break;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  urgent_ = urgent_ && !queue_.empty();
  return batch;
}

Sql<Writer::Stored> Writer::write_with_retries(std::span<const Item> batch) {
  Sql<Stored> outcome = std::unexpected(SqlFault{SQLITE_ABORT, "the agent stopped before it could be written"});
  for (std::size_t attempt = 0; attempt <= kBackOff.size(); ++attempt) {
    {
      std::unique_lock lock(mutex_);
      if (attempt > 0) wake_.wait_for(lock, kBackOff[attempt - 1], [&] { return give_up(); });
      if (give_up()) return outcome;
    }
    outcome = write_(batch);
    if (outcome || !outcome.error().transient()) return outcome;
  }
  return outcome;
}

void Writer::settle(std::span<const Item> batch, const Sql<Stored>& outcome) {
  const auto results = count_results(batch);
  const auto loss = loss_of(batch);
  bool begins = false;
  auto over = Loss::none;
  std::uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    queued_results_ -= results;
    queued_others_ -= batch.size() - results;
    done_ += batch.size();
    stats_.healthy = outcome.has_value();
    if (outcome) {
      stats_.written += outcome->results;
      stats_.failed += outcome->refused;
      unstored_ += outcome->refused;
      if (std::max(queued_results_, queued_others_) <= queue_limit_ / 2) {
        over = std::max(std::exchange(failing_, Loss::none), std::exchange(full_, Loss::none));
        lost = std::exchange(lost_, 0);
      }
    } else {
      stats_.failed += results;
      unstored_ += batch.size();
      lost_ += results;
      begins = note_loss(failing_, loss);
    }
    settled_.notify_all();
  }
  if (begins) log::error(words(loss).unwritable, {{"reason", outcome.error().message}});
  if (over != Loss::none) log::warning(words(over).again, {{"lost_results", lost}});
}

}  // namespace nines::store
