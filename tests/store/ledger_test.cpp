#include <condition_variable>
#include <mutex>
#include <optional>

#include <catch2/catch.hpp>

#include "store/schema.hpp"
#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

LedgerEntry task(std::int64_t id, int tries = 0) {
  return {id, "create-task", "create", "task", "t-" + std::to_string(id), "http://127.0.0.1/tasks/t", at(1), tries};
}

std::vector<LedgerEntry> ledger_of(const std::string& data_dir) {
  auto reader = open_reader(data_dir);
  REQUIRE(reader.has_value());
  auto entries = reader->ledger();
  REQUIRE(entries.has_value());
  return *entries;
}

// Waits for what the store says of one change.
class Answer {
 public:
  std::function<void(bool)> settled() {
    return [this](bool stored) {
      const std::lock_guard lock(mutex_);
      stored_ = stored;
      told_.notify_all();
    };
  }
  std::optional<bool> wait() {
    std::unique_lock lock(mutex_);
    told_.wait_for(lock, std::chrono::seconds(30), [this] { return stored_.has_value(); });
    return stored_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::optional<bool> stored_;
};

}  // namespace

TEST_CASE("an entry of the ledger is on the disk when its writer is told so, and goes when it is removed") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  Answer first;
  Answer second;
  REQUIRE(store->submit_ledger({.entry = task(1), .settled = first.settled()}));
  CHECK(first.wait() == true);
  CHECK(ledger_of(dir.path()) == std::vector{task(1)});

  REQUIRE(store->submit_ledger({.entry = task(2), .settled = second.settled()}));
  CHECK(second.wait() == true);
  REQUIRE(store->submit_ledger({.entry = task(1, 3)}));
  REQUIRE(store->submit_ledger({.entry = task(2), .remove = true}));
  CHECK(store->flush());
  CHECK(ledger_of(dir.path()) == std::vector{task(1, 3)});
}

TEST_CASE("who waits for the ledger is told when it cannot be written") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  execute(dir.path(), "DROP TABLE ledger");
  Answer answer;
  REQUIRE(store->submit_ledger({.entry = task(1), .settled = answer.settled()}));
  CHECK(answer.wait() == false);
  CHECK_FALSE(store->flush());
}

TEST_CASE("a store from before the ledger gets one") {
  const TempDir dir;
  REQUIRE(open_for_writing(dir.file("nines.db"), migrations().first(1)).has_value());
  const auto store = open_store(dir.path());
  CHECK(ledger_of(dir.path()).empty());
  REQUIRE(store->submit_ledger({.entry = task(7)}));
  CHECK(store->flush());
  CHECK(ledger_of(dir.path()) == std::vector{task(7)});
  CHECK(query(dir.path(), "PRAGMA user_version") == std::to_string(current_version()));
}
