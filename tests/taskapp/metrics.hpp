#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace taskapp {

/// Counts of durations in seconds, per upper bound.
struct Histogram {
  static constexpr std::array<double, 11> kBounds{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
  std::array<std::uint64_t, kBounds.size()> buckets{};  ///< not yet cumulative
  std::uint64_t count = 0;
  double sum = 0;

  void observe(double seconds);
};

/// What is known only at the moment of the scrape.
struct Snapshot {
  std::uint64_t overdue = 0;
  double cache_hit_ratio = 0;
  std::string service;
  std::string version;
};

/// The service's own counters, as its documentation names them. Safe from every thread.
class Metrics {
 public:
  void request(const std::string& method, const std::string& path, int status, double seconds);
  void query(const std::string& operation, double seconds);
  void task_created();
  void task_completed();
  void reset();

  /// The page, in Prometheus' text format 0.0.4.
  std::string text(const Snapshot& now) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, std::uint64_t> requests_;
  std::map<std::pair<std::string, std::string>, Histogram> durations_;
  std::map<std::string, Histogram> queries_;
  std::uint64_t created_ = 0;
  std::uint64_t completed_ = 0;
};

}  // namespace taskapp
