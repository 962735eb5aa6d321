// A store of N checks over D days at 30 s: its size, and how fast a report reads it.
//
//   bench_months [CHECKS [DAYS [DIR]]]     (default: 100 checks, 31 days, a directory that is removed afterwards)
//
// Results are random: late by up to a few milliseconds, phases lognormal, one in a thousand a failure, so that one hour
// in nine is not plain. They are written as the sealed chunks that the store would make of them.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/rounds.hpp"
#include "store/chunk.hpp"
#include "store/sealed.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace nines::bench {
namespace {

constexpr int kAnHour = 120;
constexpr int kRounds = 5;
const std::int64_t kFirstHour = store::hour_of(Time(std::chrono::seconds(1'790'812'800)));  // 2026-10-01

template <class T>
T expect(std::expected<T, store::SqlFault> value) {
  if (!value) throw std::runtime_error(value.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

template <class T>
T expect(Expected<T> value) {
  if (!value) throw std::runtime_error(value.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

// Tables of random numbers: drawing each anew would take longer than everything else.
class Numbers {
 public:
  Numbers() {
    std::mt19937 random(1);
    std::lognormal_distribution<double> phase(5.3, 0.3);
    std::exponential_distribution<double> late(1.0 / 300);
    for (auto& value : phases_) value = Micros(std::lround(phase(random)));
    for (auto& value : late_) value = Micros(std::lround(late(random)) % 5000);
  }
  Micros phase() { return phases_[next() % kSize]; }
  Micros late() { return late_[next() % kSize]; }
  bool fails() { return next() % 1000 == 0; }

 private:
  static constexpr std::size_t kSize = 1 << 16;
  std::uint64_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return state_ >> 33;
  }
  std::uint64_t state_ = 1;
  std::vector<Micros> phases_ = std::vector<Micros>(kSize);
  std::vector<Micros> late_ = std::vector<Micros>(kSize);
};

void fill_hour(Numbers& numbers, std::int64_t hour, std::vector<ResultRow>& rows) {
  for (int i = 0; i < kAnHour; ++i) {
    ResultRow row;
    row.start = store::start_of_hour(hour) + i * std::chrono::seconds(30) + numbers.late();
    row.interval = std::chrono::seconds(30);
    row.phases = {numbers.phase(), numbers.phase(), 4 * numbers.phase(), 60 * numbers.phase() + numbers.phase(),
                  numbers.phase() / 2};
    row.duration = row.phases.total() + numbers.late() / 1000;
    row.status = 200;
    if (numbers.fails()) {
      row.reason = row.first_reason = Reason::http_status;
      row.status = 503;
    }
    rows[static_cast<std::size_t>(i)] = row;
  }
}

void generate(const std::string& directory, int checks, int days) {
  expect(store::Store::open({.data_dir = directory}));  // makes the tables
  auto connection = expect(
      store::Connection::open(directory + "/" + store::kFileName, store::OpenMode::create, std::chrono::seconds(5)));
  expect(connection.execute("PRAGMA synchronous = OFF"));
  auto sealer = expect(store::Sealer::make(connection));
  Numbers numbers;
  std::vector<ResultRow> rows(kAnHour);
  double spent = 0;
  for (int check = 1; check <= checks; ++check) {
    expect(connection.execute(fmt::format("INSERT INTO series VALUES ({}, 'check-{}', 'local')", check, check)));
  }
  for (int hour = 0; hour < 24 * days; ++hour) {
    auto transaction = expect(store::Transaction::begin(connection, store::Transaction::Kind::write));
    for (int check = 1; check <= checks; ++check) {
      fill_hour(numbers, kFirstHour + hour, rows);
      const double start = cpu_seconds();
      expect(sealer.put(check, rows));
      spent += cpu_seconds() - start;
    }
    expect(transaction.commit());
  }
  expect(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  fmt::print("made: {:.2f} us CPU a result to make and write a chunk\n",
             spent * 1e6 / (24.0 * days * checks * kAnHour));
}

// Median CPU time of some rounds in seconds; the first, which may be cold, does not count. All is done on one thread.
double timed(const std::function<void()>& work) {
  std::vector<double> times;
  for (int round = 0; round <= kRounds; ++round) {
    const double start = cpu_seconds();
    work();
    if (round > 0) times.push_back(cpu_seconds() - start);
  }
  return median(times);
}

void visit_all(const std::string& directory, store::HourContent content, std::uint64_t& results, std::uint64_t& sum) {
  auto reader = expect(store::open_reader(directory));
  results = sum = 0;
  const auto count = [&](std::size_t, const store::StoredHour& hour) {
    results += static_cast<std::uint64_t>(hour.summary.count);
    for (const auto duration : hour.durations) sum += static_cast<std::uint64_t>(duration.count());
    for (const auto& row : hour.rows) sum += static_cast<std::uint64_t>(row.duration.count());
    return true;
  };
  expect(reader.visit_hours(expect(reader.series()), {Time::min(), Time::max()}, content, count));
}

void read_rows(const std::string& directory, std::uint64_t& results) {
  auto reader = expect(store::open_reader(directory));
  results = 0;
  for (const auto& key : expect(reader.series())) {
    results += expect(reader.rows(key, {Time::min(), Time::max()})).size();
  }
}

void measure(const std::string& directory) {
  std::uint64_t results = 0;
  std::uint64_t sum = 0;
  const double durations = timed([&] { visit_all(directory, store::HourContent::durations, results, sum); });
  const double summaries = timed([&] { visit_all(directory, store::HourContent::summaries, results, sum); });
  const auto bytes = std::filesystem::file_size(directory + "/" + store::kFileName);
  const auto millions = static_cast<double>(results) / 1e6;
  fmt::print("{:.1f} M results, {:.1f} MB: {:.2f} bytes a result\n", millions, static_cast<double>(bytes) / 1e6,
             static_cast<double>(bytes) / static_cast<double>(results));
  fmt::print("every duration, rows where an hour is not plain: {:.3f} s CPU, {:.0f} M results/s\n", durations,
             millions / durations);
  fmt::print("summaries, rows where an hour is not plain: {:.3f} s CPU, {:.0f} M results/s\n", summaries,
             millions / summaries);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak memory so far: {} MB\n", usage.ru_maxrss / 1024);
  const double rows = timed([&] { read_rows(directory, results); });
  fmt::print("every result as a row: {:.3f} s CPU, {:.1f} M results/s\n", rows, millions / rows);
}

int run(int argc, char** argv) {
  const int checks = argc > 1 ? std::atoi(argv[1]) : 100;
  const int days = argc > 2 ? std::atoi(argv[2]) : 31;
  const bool keep = argc > 3;
  const auto directory =
      keep ? std::string(argv[3])
           : (std::filesystem::temp_directory_path() / fmt::format("nines-bench-months-{}", ::getpid())).string();
  if (!std::filesystem::exists(directory)) generate(directory, checks, days);
  measure(directory);
  if (!keep) std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace nines::bench

int main(int argc, char** argv) {
  return nines::bench::run(argc, argv);
}
