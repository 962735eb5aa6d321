#include <atomic>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

TEST_CASE("several loops submit while readers read: each reader sees whole prefixes, and in the end all is there") {
  constexpr int kLoops = 3;
  constexpr int kResults = 2000;
  const TempDir dir;
  const auto store = open_store(dir.path());
  std::atomic<bool> writing{true};
  std::atomic<int> torn{0};
  std::atomic<int> refused{0};

  std::vector<std::thread> loops;
  for (int loop = 0; loop < kLoops; ++loop) {
    loops.emplace_back([&, loop] {
      const SeriesKey key{"check-" + std::to_string(loop), "r"};
      for (int i = 0; i < kResults; ++i) {
        if (!store->submit(success(i, key))) ++refused;
        store->submit_health({key.check, 1, 0, i + 1, at(i), at(0)});
        if (i % 500 == 0) store->flush();
      }
    });
  }
  std::thread watcher([&] {
    while (writing) {
      auto reader = store->reader();
      for (int loop = 0; loop < kLoops; ++loop) {
        const auto rows = reader.rows({"check-" + std::to_string(loop), "r"}, kEver).value();
        for (std::size_t i = 0; i < rows.size(); ++i) torn += rows[i].start != at(static_cast<double>(i));
      }
      torn += store->stats().failed != 0;
    }
  });
  for (auto& loop : loops) loop.join();
  CHECK(store->flush());
  writing = false;
  watcher.join();

  CHECK(torn == 0);
  CHECK(refused == 0);
  CHECK(store->stats().written == kLoops * kResults);
  for (int loop = 0; loop < kLoops; ++loop) {
    CHECK(rows_of(dir.path(), {"check-" + std::to_string(loop), "r"}).size() == kResults);
  }
  for (const auto& health : store->reader().health().value()) CHECK(health.successes == kResults);
}
