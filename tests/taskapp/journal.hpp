#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

namespace taskapp {

/// What the service really received and answered, for tests to hold the agent's numbers against. Requests about the
/// service itself (/faults, /requests, /reset) are not in it. Safe from every thread.
class Journal {
 public:
  struct Entry {
    std::string method;
    std::string path;        ///< as asked
    std::string route;       ///< its template, such as /api/v1/tasks/{id}
    int status = 0;          ///< 0: hung or cut, no answer
    std::int64_t at_ms = 0;  ///< when the answer was ready
    double seconds = 0;      ///< from the request's last byte to then
    std::multimap<std::string, std::string> headers;
  };

  void record(Entry entry);
  void reset();

  /// {"counts": [{method, path, status_code, count}], "last": [{…, headers}]}: exact counts since the start or the last
  /// reset, and the last 1,000 requests, oldest first.
  std::string as_json() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, std::uint64_t> counts_;
  std::deque<Entry> last_;
};

}  // namespace taskapp
