#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

struct sqlite3;

namespace taskapp {

struct Task {
  std::string id;
  std::string title;
  std::string status;  ///< "open" or "completed"
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> due_ms;
};

/// The tasks, in SQLite, with a cache of those read by id. Safe from every thread: one connection behind one mutex. A
/// fault of the database throws std::runtime_error.
class Store {
 public:
  /// Called after every statement with what it did ("select", …) and how long it took.
  using Observer = std::function<void(const std::string& operation, double seconds)>;

  Store(const std::string& path, Observer observer);
  ~Store();

  /// The task can be found and listed from visible_ms on.
  Task create(const std::string& title, std::optional<std::int64_t> due_ms, std::int64_t visible_ms);
  std::optional<Task> find(const std::string& id);
  std::vector<Task> list(bool also_invisible);
  /// Nothing when there is no such visible task. Completing twice is the same as once: `changed` says which it was.
  std::optional<Task> complete(const std::string& id, bool& changed);
  /// Deletes a task, visible or not yet; false when there is none.
  bool remove(const std::string& id);
  std::uint64_t overdue();
  /// Hits over reads by id since the start; 0 before the first.
  double cache_hit_ratio() const;

 private:
  class Statement;

  std::optional<Task> read(const std::string& id);

  Observer observer_;
  mutable std::mutex mutex_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_;
  std::unordered_map<std::string, Task> cache_;
  std::uint64_t hits_ = 0;
  std::uint64_t reads_ = 0;
};

}  // namespace taskapp
