#include "tests/taskapp/journal.hpp"

#include <algorithm>
#include <cctype>

#include <nlohmann/json.hpp>

#include "tests/taskapp/clock.hpp"

namespace taskapp {
namespace {

constexpr std::size_t kKept = 1000;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

void Journal::record(Entry entry) {
  const std::scoped_lock lock(mutex_);
  ++counts_[{entry.method, entry.route, entry.status}];
  last_.push_back(std::move(entry));
  if (last_.size() > kKept) last_.pop_front();
}

void Journal::reset() {
  const std::scoped_lock lock(mutex_);
  counts_.clear();
  last_.clear();
}

std::string Journal::as_json() const {
  const std::scoped_lock lock(mutex_);
  nlohmann::json out{{"counts", nlohmann::json::array()}, {"last", nlohmann::json::array()}};
  for (const auto& [key, count] : counts_) {
    const auto& [method, route, status] = key;
    out["counts"].push_back({{"method", method}, {"path", route}, {"status_code", status}, {"count", count}});
  }
  for (const Entry& entry : last_) {
    nlohmann::json headers = nlohmann::json::object();
    for (const auto& [name, value] : entry.headers) headers[lower(name)] = value;
    out["last"].push_back({{"method", entry.method},
                           {"path", entry.path},
                           {"route", entry.route},
                           {"status_code", entry.status},
                           {"time", rfc3339(entry.at_ms)},
                           {"seconds", entry.seconds},
                           {"headers", headers}});
  }
  // A header may hold any byte; the journal must still be written.
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace taskapp
