#include "tests/taskapp/metrics.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace taskapp {
namespace {

void head(std::string& page, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(page), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void histogram(std::string& page, std::string_view name, const std::string& labels, const Histogram& values) {
  auto out = std::back_inserter(page);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < values.buckets.size(); ++i) {
    below += values.buckets[i];
    fmt::format_to(out, "{}_bucket{{{},le=\"{}\"}} {}\n", name, labels, Histogram::kBounds[i], below);
  }
  fmt::format_to(out, "{0}_bucket{{{1},le=\"+Inf\"}} {2}\n{0}_sum{{{1}}} {3}\n{0}_count{{{1}}} {2}\n", name, labels,
                 values.count, values.sum);
}

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

void Histogram::observe(double seconds) {
  const auto bound = std::ranges::lower_bound(kBounds, seconds);
  if (bound != kBounds.end()) ++buckets[static_cast<std::size_t>(bound - kBounds.begin())];
  ++count;
  sum += seconds;
}

void Metrics::request(const std::string& method, const std::string& path, int status, double seconds) {
  const std::scoped_lock lock(mutex_);
  ++requests_[{method, path, status}];
  durations_[{method, path}].observe(seconds);
}

void Metrics::query(const std::string& operation, double seconds) {
  const std::scoped_lock lock(mutex_);
  queries_[operation].observe(seconds);
}

void Metrics::task_created() {
  const std::scoped_lock lock(mutex_);
  ++created_;
}

void Metrics::task_completed() {
  const std::scoped_lock lock(mutex_);
  ++completed_;
}

void Metrics::reset() {
  const std::scoped_lock lock(mutex_);
  requests_.clear();
  durations_.clear();
  queries_.clear();
  created_ = completed_ = 0;
}

std::string Metrics::text(const Snapshot& now) const {
  const std::scoped_lock lock(mutex_);
  std::string page;
  auto out = std::back_inserter(page);
  head(page, "http_requests_total", "counter", "Requests answered.");
  for (const auto& [key, count] : requests_) {
    const auto& [method, path, status] = key;
    fmt::format_to(out, "http_requests_total{{method=\"{}\",path=\"{}\",status_code=\"{}\"}} {}\n", method, path,
                   status, count);
  }
  head(page, "http_request_duration_seconds", "histogram", "Time from a request to its answer.");
  for (const auto& [key, values] : durations_) {
    histogram(page, "http_request_duration_seconds", fmt::format("method=\"{}\",path=\"{}\"", key.first, key.second),
              values);
  }
  head(page, "db_query_duration_seconds", "histogram", "Time of a database query.");
  for (const auto& [operation, values] : queries_) {
    histogram(page, "db_query_duration_seconds", fmt::format("operation=\"{}\"", operation), values);
  }
  head(page, "tasks_created_total", "counter", "Tasks created.");
  fmt::format_to(out, "tasks_created_total {}\n", created_);
  head(page, "tasks_completed_total", "counter", "Tasks completed.");
  fmt::format_to(out, "tasks_completed_total {}\n", completed_);
  head(page, "tasks_overdue_gauge", "gauge", "Open tasks past their due time.");
  fmt::format_to(out, "tasks_overdue_gauge {}\n", now.overdue);
  head(page, "cache_hit_ratio", "gauge", "Share of task reads answered from the cache, 0 to 1.");
  fmt::format_to(out, "cache_hit_ratio {}\n", now.cache_hit_ratio);
  head(page, "app_instance_info", "gauge", "Always 1; the labels say which program this is.");
  fmt::format_to(out, "app_instance_info{{service=\"{}\",version=\"{}\"}} 1\n", escaped(now.service),
                 escaped(now.version));
  return page;
}

}  // namespace taskapp
