#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "store/store.hpp"

namespace nines::store::tests {

// A directory of its own, gone with the object.
class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  ~TempDir();
  std::string path() const { return path_.string(); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// 2026-10-01T00:00:00Z and `seconds` more.
Time at(double seconds);
inline const Period kEver{Time{}, Time{Micros{1'000'000'000'000'000'000}}};
inline const SeriesKey kKey{"tasks-api", "us-east-1"};

Result success(double seconds, const SeriesKey& key = kKey);
Result failure(double seconds, Reason reason = Reason::http_status, const SeriesKey& key = kKey);

std::unique_ptr<Store> open_store(const std::string& data_dir, std::size_t queue_limit = 100'000);
std::string open_fault(const std::string& data_dir);
// A clock that stands.
class SetClock : public Clock {
 public:
  explicit SetClock(Time now) : now_(now) {}
  Time now() const override { return now_; }
  std::chrono::nanoseconds monotonic() const override { return {}; }
  void set(Time now) { now_ = now; }

 private:
  Time now_;
};
// One that tidies when it is told to and not by itself.
std::unique_ptr<Store> open_at(const std::string& data_dir, const Clock& clock);
void tidy(Store& store);
// What check_store() finds wrong.
std::vector<std::string> faults_of(const std::string& data_dir);

// Of every origin.
std::vector<ResultRow> rows_of(const std::string& data_dir, const SeriesKey& key = kKey);
std::vector<double> starts_of(const std::string& data_dir, const SeriesKey& key = kKey);  // seconds since at(0)

std::string contents(const std::string& path);
// Every file of the directory with its content.
std::vector<std::pair<std::string, std::string>> snapshot(const std::string& directory);

// Runs `sql` on the store's file from outside.
void execute(const std::string& data_dir, const std::string& sql);
std::string query(const std::string& data_dir, const std::string& sql);

}  // namespace nines::store::tests
