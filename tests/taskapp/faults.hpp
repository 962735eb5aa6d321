#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskapp {

/// What a fault does instead of the true answer. Latency, invisible tasks, components and versions go with any of them.
enum class Action { kNone, kStatus, kErrorRate, kHang, kCut, kCutBody, kWrongBody };

/// One entry of POST /faults. README.md has the keys.
struct Fault {
  std::string path;              ///< prefix of the request's path; empty: every path
  std::string method;            ///< empty: every method
  std::optional<int> remaining;  ///< requests it still applies to; nothing: all
  int latency_ms = 0;
  std::optional<double> latency_rate;  ///< the share of requests that latency_ms is for; nothing: all
  std::uint64_t timed = 0;             ///< requests latency_rate has decided about
  Action action = Action::kNone;
  int status = 500;         ///< of kStatus and kErrorRate
  double error_rate = 0;    ///< of kErrorRate, 0 to 1
  std::uint64_t asked = 0;  ///< requests kErrorRate has decided about
  std::string wrong_body;   ///< of kWrongBody
  bool invisible = false;
  std::map<std::string, bool> components;
  std::string version;
};

/// What the faults make of one request.
struct Plan {
  int latency_ms = 0;
  Action action = Action::kNone;  ///< never kErrorRate: that is decided, kStatus or kNone
  int status = 500;
  std::string wrong_body;
  bool invisible = false;
  std::map<std::string, bool> components;  ///< only those a fault speaks of
  std::string version;                     ///< empty: the true one
  std::uint64_t generation = 0;            ///< Faults::generation() when this was decided
};

/// The faults that are set. Safe from every thread.
class Faults {
 public:
  /// Replaces all faults by those of a JSON object, or list of objects. On a mistake nothing changes and the sentence
  /// says what was wrong.
  std::expected<void, std::string> set(const std::string& json);
  void clear();
  std::string as_json() const;

  /// Decides about one request and uses up one of each count involved. Of the entries that match, the first with a
  /// latency or an action gives both; what a service is in (invisible, component, version) is taken from all, the first
  /// to speak of it wins. Error rates are exact: of the first n requests an entry decides about, floor(n * error_rate)
  /// fail; and so are latency rates, whose entry does not match the requests that it leaves alone.
  Plan plan(std::string_view method, std::string_view path);

  /// Grows at every set and clear, so a hung request knows that its fault is gone.
  std::uint64_t generation() const;

 private:
  void replace(std::vector<Fault> faults);

  mutable std::mutex mutex_;
  std::vector<Fault> faults_;
  std::uint64_t generation_ = 0;
};

}  // namespace taskapp
