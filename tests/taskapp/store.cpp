#include "tests/taskapp/store.hpp"

#include <chrono>
#include <limits>
#include <random>
#include <stdexcept>

#include <fmt/format.h>
#include <sqlite3.h>

#include "tests/taskapp/clock.hpp"

namespace taskapp {
namespace {

constexpr std::size_t kCacheSize = 1000;
constexpr const char* kColumns = "id, title, status, created_ms, due_ms";

[[noreturn]] void fail(sqlite3* database) {
  throw std::runtime_error(fmt::format("SQLite: {}", sqlite3_errmsg(database)));
}

std::unique_ptr<sqlite3, int (*)(sqlite3*)> open(const std::string& path) {
  sqlite3* raw = nullptr;
  const int status = sqlite3_open(path.c_str(), &raw);
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(raw, sqlite3_close);
  if (status != SQLITE_OK) fail(raw);
  const char* schema =
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
      "CREATE TABLE IF NOT EXISTS tasks (id TEXT PRIMARY KEY, title TEXT NOT NULL, status TEXT NOT NULL,"
      " created_ms INTEGER NOT NULL, due_ms INTEGER, visible_ms INTEGER NOT NULL)";
  if (sqlite3_exec(raw, schema, nullptr, nullptr, nullptr) != SQLITE_OK) fail(raw);
  return database;
}

std::string new_id() {
  std::random_device random;
  const auto word = [&] { return random() & 0xffffU; };
  return fmt::format("{:04x}{:04x}-{:04x}-4{:03x}-{:04x}-{:04x}{:04x}{:04x}", word(), word(), word(), word() & 0xfffU,
                     (word() & 0x3fffU) | 0x8000U, word(), word(), word());
}

}  // namespace

/// One statement, from its text to its last row; tells the observer its time when it goes.
class Store::Statement {
 public:
  Statement(Store& store, const char* operation, const std::string& sql)
      : store_(store), operation_(operation), started_(std::chrono::steady_clock::now()) {
    if (sqlite3_prepare_v2(store_.database_.get(), sql.c_str(), -1, &raw_, nullptr) != SQLITE_OK) {
      fail(store_.database_.get());
    }
  }
  ~Statement() {
    sqlite3_finalize(raw_);
    store_.observer_(operation_, std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count());
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(const std::string& value) {
    sqlite3_bind_text(raw_, ++bound_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& bind(std::optional<std::int64_t> value) {
    ++bound_;
    if (value) sqlite3_bind_int64(raw_, bound_, *value);
    return *this;
  }
  bool step() {
    const int status = sqlite3_step(raw_);
    if (status != SQLITE_ROW && status != SQLITE_DONE) fail(store_.database_.get());
    return status == SQLITE_ROW;
  }
  std::int64_t number(int column) { return sqlite3_column_int64(raw_, column); }
  Task task() {
    const auto text = [&](int column) {
      return std::string(reinterpret_cast<const char*>(sqlite3_column_text(raw_, column)),
                         static_cast<std::size_t>(sqlite3_column_bytes(raw_, column)));
    };
    Task task{text(0), text(1), text(2), number(3), std::nullopt};
    if (sqlite3_column_type(raw_, 4) != SQLITE_NULL) task.due_ms = number(4);
    return task;
  }

 private:
  Store& store_;
  const char* operation_;
  std::chrono::steady_clock::time_point started_;
  sqlite3_stmt* raw_ = nullptr;
  int bound_ = 0;
};

Store::Store(const std::string& path, Observer observer) : observer_(std::move(observer)), database_(open(path)) {}

Store::~Store() = default;

Task Store::create(const std::string& title, std::optional<std::int64_t> due_ms, std::int64_t visible_ms) {
  const std::scoped_lock lock(mutex_);
  Task task{new_id(), title, "open", now_ms(), due_ms};
  Statement insert(*this, "insert", "INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?)");
  insert.bind(task.id).bind(task.title).bind(task.status).bind(task.created_ms).bind(task.due_ms).bind(visible_ms);
  insert.step();
  return task;
}

std::optional<Task> Store::read(const std::string& id) {
  ++reads_;
  if (const auto cached = cache_.find(id); cached != cache_.end()) {
    ++hits_;
    return cached->second;
  }
  Statement select(*this, "select", fmt::format("SELECT {} FROM tasks WHERE id = ? AND visible_ms <= ?", kColumns));
  select.bind(id).bind(now_ms());
  if (!select.step()) return std::nullopt;
  if (cache_.size() >= kCacheSize) cache_.clear();
  return cache_[id] = select.task();
}

std::optional<Task> Store::find(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  return read(id);
}

std::vector<Task> Store::list(bool also_invisible) {
  const std::scoped_lock lock(mutex_);
  Statement select(*this, "select",
                   fmt::format("SELECT {} FROM tasks WHERE visible_ms <= ? ORDER BY created_ms, id", kColumns));
  select.bind(also_invisible ? std::numeric_limits<std::int64_t>::max() : now_ms());
  std::vector<Task> tasks;
  while (select.step()) tasks.push_back(select.task());
  return tasks;
}

std::optional<Task> Store::complete(const std::string& id, bool& changed) {
  const std::scoped_lock lock(mutex_);
  auto task = read(id);
  changed = task && task->status != "completed";
  if (changed) {
    Statement update(*this, "update", "UPDATE tasks SET status = 'completed' WHERE id = ?");
    update.bind(id).step();
    task->status = "completed";
    cache_[id] = *task;
  }
  return task;
}

bool Store::remove(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  cache_.erase(id);
  Statement remove(*this, "delete", "DELETE FROM tasks WHERE id = ?");
  remove.bind(id).step();
  return sqlite3_changes(database_.get()) > 0;
}

std::uint64_t Store::overdue() {
  const std::scoped_lock lock(mutex_);
  Statement count(*this, "select", "SELECT count(*) FROM tasks WHERE due_ms < ? AND status != 'completed'");
  count.bind(now_ms()).step();
  return static_cast<std::uint64_t>(count.number(0));
}

double Store::cache_hit_ratio() const {
  const std::scoped_lock lock(mutex_);
  return reads_ == 0 ? 0 : static_cast<double>(hits_) / static_cast<double>(reads_);
}

}  // namespace taskapp
