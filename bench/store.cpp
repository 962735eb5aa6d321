// Results into the store, beside SQLite's bare insert of the same integers.

#include "store/store.hpp"

#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include "bench/rounds.hpp"

namespace nines::bench {
namespace {

constexpr int kRounds = 5;
constexpr int kResults = 100'000;
constexpr int kBatch = 1000;

Result result_at(int number) {
  Result result;
  result.key = {fmt::format("check-{}", number % 100), "local"};
  result.row.start = Time(std::chrono::seconds(1'790'000'000) + std::chrono::milliseconds(number));
  result.row.duration = Micros(12'345 + number % 1000);
  result.row.phases = {Micros(100), Micros(200), Micros(0), Micros(12'000), Micros(45)};
  result.row.status = 200;
  return result;
}

void into_store(const std::filesystem::path& directory) {
  std::filesystem::remove_all(directory);
  auto store = store::Store::open({.data_dir = directory.string(), .queue_limit = kResults});
  if (!store) throw std::runtime_error(store.error().text());
  for (int i = 0; i < kResults; ++i) (*store)->submit(result_at(i));
  if (!(*store)->flush() || (*store)->stats().written != kResults) throw std::runtime_error("results were lost");
}

void check(int code, int wanted = SQLITE_OK) {
  if (code != wanted) throw std::runtime_error("SQLite failed");
}

void into_sqlite(const std::filesystem::path& directory) {
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  sqlite3* db = nullptr;
  check(sqlite3_open((directory / "bare.db").c_str(), &db));
  check(sqlite3_exec(db,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                     "CREATE TABLE t(a,b,c,d,e,f,g,h,i,j)",
                     nullptr, nullptr, nullptr));
  sqlite3_stmt* insert = nullptr;
  check(sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?,?,?,?,?,?,?,?,?,?)", -1, &insert, nullptr));
  for (int i = 0; i < kResults; ++i) {
    if (i % kBatch == 0) check(sqlite3_exec(db, "BEGIN", nullptr, nullptr, nullptr));
    const ResultRow row = result_at(i).row;
    const std::int64_t columns[] = {
        i % 100, row.start.time_since_epoch().count(), row.duration.count(), 100, 200, 0, 12'000, 45, row.status, 0};
    for (int column = 0; column < 10; ++column) sqlite3_bind_int64(insert, column + 1, columns[column]);
    check(sqlite3_step(insert), SQLITE_DONE);
    sqlite3_reset(insert);
    if (i % kBatch == kBatch - 1) check(sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr));
  }
  sqlite3_finalize(insert);
  sqlite3_close(db);
}

int run() {
  const auto directory = std::filesystem::temp_directory_path() / fmt::format("nines-bench-store-{}", ::getpid());
  const Compared compared =
      compare(kRounds, kResults, [&] { into_store(directory / "ours"); }, [&] { into_sqlite(directory / "bare"); });
  std::filesystem::remove_all(directory);
  fmt::print("one result into the store: {:.2f} us CPU ({:.0f} k a CPU second); bare insert: {:.2f} us; ratio {:.2f}\n",
             compared.ours, 1000 / compared.ours, compared.yardstick, compared.ratio);
  return 0;
}

}  // namespace
}  // namespace nines::bench

int main() {
  return nines::bench::run();
}
