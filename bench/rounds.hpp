#pragma once

// CPU time per unit of work, ours and a yardstick's in turn in one run: machines differ, ratios of neighbours less.

#include <algorithm>
#include <functional>
#include <vector>

#include <sys/resource.h>

namespace nines::bench {

// User and system time of this process, seconds.
inline double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Compared {
  double ours;       // median CPU microseconds per unit
  double yardstick;  // likewise
  double ratio;      // median of the rounds' ratios
};

inline Compared compare(int rounds, int units, const std::function<void()>& ours,
                        const std::function<void()>& yardstick) {
  std::vector<double> own;
  std::vector<double> bare;
  std::vector<double> ratios;
  const auto timed = [&](const std::function<void()>& work) {
    const double start = cpu_seconds();
    work();
    return (cpu_seconds() - start) * 1e6 / units;
  };
  for (int round = 0; round < rounds; ++round) {
    bare.push_back(timed(yardstick));
    own.push_back(timed(ours));
    ratios.push_back(own.back() / bare.back());
  }
  return {median(own), median(bare), median(ratios)};
}

}  // namespace nines::bench
