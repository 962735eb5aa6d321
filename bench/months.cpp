// A store of N checks over D days at 30 s: its size, and how fast a report reads it.
//
//   bench_months [CHECKS [DAYS [DIR]]]     (default: 100 checks, 31 days, a directory that is removed afterwards)
//
// bench/month_store.hpp says what is in it.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/month_store.hpp"
#include "bench/rounds.hpp"
#include "store/store.hpp"

namespace nines::bench {
namespace {

constexpr int kRounds = 5;

template <class T>
T expect(Expected<T> value) {
  if (!value) throw std::runtime_error(value.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*value);
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
  if (!std::filesystem::exists(directory)) make_store({checks, days}, directory);
  measure(directory);
  if (!keep) std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace nines::bench

int main(int argc, char** argv) {
  return nines::bench::run(argc, argv);
}
