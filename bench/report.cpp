// What `nines report` costs: the program itself, its CPU time, wall time and memory, and how they grow.
//
//   bench_report NINES                      how reports grow with checks and with months
//   bench_report NINES CHECKS DAYS DIR      the reports of one store, which is made where there is none and stays
//
// Warm: the median of some runs after one that does not count. Cold: the file's pages are dropped from memory before.

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/time.hpp"
#include "bench/month_store.hpp"
#include "bench/rounds.hpp"
#include "store/store.hpp"

namespace nines::bench {
namespace {

constexpr int kRounds = 3;

struct Cost {
  double cpu = 0;
  double wall = 0;
  double megabytes = 0;
};

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Runs the program with its output thrown away. Missed objectives, exit 1, are no trouble, nor are inconclusive ones.
Cost run(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child) throw std::runtime_error("cannot run " + words.front());
  const int exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (exit != 0 && exit != 1 && exit != 3) throw std::runtime_error(fmt::format("{} exits {}", words.front(), exit));
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  return {seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime), wall.count(),
          static_cast<double>(usage.ru_maxrss) / 1024};
}

void forget_pages(const std::string& directory) {
  const std::string path = directory + "/" + store::kFileName;
  const int file = ::open(path.c_str(), O_RDONLY);
  ::fdatasync(file);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  ::close(file);
}

Cost median_of(const std::vector<Cost>& costs) {
  const auto of = [&](double Cost::* field) {
    std::vector<double> values;
    for (const Cost& cost : costs) values.push_back(cost.*field);
    return median(values);
  };
  return {of(&Cost::cpu), of(&Cost::wall), of(&Cost::megabytes)};
}

Cost warm(const std::vector<std::string>& words) {
  run(words);
  std::vector<Cost> costs;
  for (int round = 0; round < kRounds; ++round) costs.push_back(run(words));
  return median_of(costs);
}

Cost cold(const std::vector<std::string>& words, const std::string& directory) {
  std::vector<Cost> costs;
  for (int round = 0; round < kRounds; ++round) {
    forget_pages(directory);
    costs.push_back(run(words));
  }
  return median_of(costs);
}

void tell(const std::string& what, const Cost& cost) {
  fmt::print("{:<44} {:>8.2f} s CPU {:>8.2f} s wall {:>7.0f} MB\n", what, cost.cpu, cost.wall, cost.megabytes);
  std::fflush(stdout);
}

std::vector<std::string> report(const std::string& nines, const std::string& config,
                                const std::vector<std::string>& period) {
  std::vector<std::string> words{nines, "report", "-c", config, "--format", "json"};
  words.insert(words.end(), period.begin(), period.end());
  return words;
}

std::vector<std::string> whole(const MonthStore& of) {
  return {"--from", format_time(of.period().from, 0), "--to", format_time(of.period().to, 0)};
}

void measure(const std::string& nines, const MonthStore& of, const std::string& directory) {
  if (!std::filesystem::exists(directory)) make_store(of, directory);
  const auto bytes = static_cast<double>(std::filesystem::file_size(directory + "/" + store::kFileName));
  fmt::print("{} checks over {} days: {:.1f} M results, {:.1f} MB, {:.2f} bytes a result\n", of.checks, of.days,
             of.results() / 1e6, bytes / 1e6, bytes / of.results());
  const std::vector<std::string> month{"--month", kLastMonth};
  for (const auto& [what, file] :
       {std::pair("three objectives over all", "nines.yml"), {"three for each service", "services.yml"}}) {
    const std::string config = directory + "/" + file;
    tell(fmt::format("month, {}, warm", what), warm(report(nines, config, month)));
    tell(fmt::format("month, {}, cold", what), cold(report(nines, config, month), directory));
    if (of.days > 31) tell(fmt::format("all {} days, {}, warm", of.days, what), warm(report(nines, config, whole(of))));
  }
}

// CPU time at 1, 10 and 100 times the size, and the exponent from step to step.
void grow(const std::string& nines, const std::string& what, const std::vector<MonthStore>& stores) {
  double before = 0;
  for (const MonthStore& of : stores) {
    const std::string directory =
        (std::filesystem::temp_directory_path() / fmt::format("nines-bench-report-{}", ::getpid())).string();
    make_store(of, directory);
    const Cost cost = warm(report(nines, directory + "/nines.yml", whole(of)));
    std::filesystem::remove_all(directory);
    tell(fmt::format("{} checks over {} days", of.checks, of.days), cost);
    if (before > 0)
      fmt::print("  ten times the {}: CPU grows with the power {:.2f}\n", what, std::log10(cost.cpu / before));
    before = cost.cpu;
  }
}

int run_all(int argc, char** argv) {
  if (argc != 2 && argc != 5) {
    fmt::print(stderr, "usage: bench_report NINES [CHECKS DAYS DIR]\n");
    return 2;
  }
  if (argc == 5) {
    measure(argv[1], {std::atoi(argv[2]), std::atoi(argv[3])}, argv[4]);
    return 0;
  }
  grow(argv[1], "checks", {{10, 31}, {100, 31}, {1000, 31}});
  grow(argv[1], "months", {{10, 31}, {10, 310}, {10, 3100}});
  return 0;
}

}  // namespace
}  // namespace nines::bench

int main(int argc, char** argv) {
  return nines::bench::run_all(argc, argv);
}
