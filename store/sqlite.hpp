#pragma once

// SQLite's handles, owned. Internal to the store: nothing outside this folder includes it.
// A Connection and its Statements belong to one thread at a time.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <sqlite3.h>

#include "base/error.hpp"
#include "base/time.hpp"

namespace nines::store {

// What SQLite answered: its primary result code, so that a caller can decide to try again, and its words.
struct SqlFault {
  int code = SQLITE_ERROR;
  std::string message;

  // May pass: another process holds the file, the disk is full, a read or write failed.
  bool transient() const;
};

// Bytes to bind as a BLOB, not as text. They must outlive the steps that follow.
struct Blob {
  std::string_view bytes;
};

template <class T = void>
using Sql = std::expected<T, SqlFault>;

enum class OpenMode {
  create,     // read and write, made when absent
  read_only,  // sees what a running agent commits; SQLite may make the -shm file
  immutable,  // makes no file and takes no lock: only for a file that nobody can write
};

// At most `limit` bytes from the start of a file; empty when there is none. Neither makes nor locks anything.
//
// The file is opened through SQLite, never by open(2): POSIX locks belong to a process and a file, so that closing any
// descriptor of a file drops all locks that SQLite's connections of this process have on it. The next process that
// closes the database would then take itself for the last one and remove the -wal file that is still written to.
// SQLite knows of its own descriptors, and closes none as long as one of its connections holds a lock on the same file.
Expected<std::string> read_start(const std::string& path, std::size_t limit);

class Connection {
 public:
  static Sql<Connection> open(const std::string& path, OpenMode mode, std::chrono::milliseconds busy_timeout);

  Sql<> execute(const std::string& sql);
  // The first column of the first row, 0 without a row.
  Sql<std::int64_t> integer(const std::string& sql);
  Sql<std::string> text(const std::string& sql);

  // While on, closing leaves the -wal file as it is.
  void keep_wal_on_close(bool on);
  bool read_only() const { return sqlite3_db_readonly(handle_.get(), "main") == 1; }
  std::int64_t changes() const { return sqlite3_changes64(handle_.get()); }
  std::int64_t last_row_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  sqlite3* handle() const { return handle_.get(); }

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  // Statements that nobody uses now, by their text.
  using Kept = std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>>;

  explicit Connection(sqlite3* handle) : handle_(handle), kept_(std::make_unique<Kept>()) {}
  std::unique_ptr<sqlite3, Close> handle_;
  std::unique_ptr<Kept> kept_;  // goes first
};

// One prepared statement. Must be gone before its Connection.
//
//   auto statement = Statement::prepare(connection, "SELECT start FROM result WHERE series = ?");
//   statement->bind(7);
//   for (auto row = statement->step(); row && *row; row = statement->step()) use(statement->integer(0));
class Statement {
 public:
  static Sql<Statement> prepare(Connection& connection, std::string_view sql);
  // The same for a text that is asked again and again: the connection keeps the statement when this one is gone. Not of
  // PRAGMAs, some of which act when they are prepared.
  static Sql<Statement> prepare_kept(Connection& connection, const std::string& sql);

  // Binds all parameters in order and starts afresh. Texts must outlive the steps that follow.
  template <class... Values>
  Statement& bind(const Values&... values) {
    sqlite3_reset(handle_.get());
    bind_code_ = SQLITE_OK;
    int index = 0;
    (note(bind_one(++index, values)), ...);
    return *this;
  }

  // True: there is a row. After false, or a fault, the statement holds no lock.
  Sql<bool> step();
  // Steps to the end.
  Sql<> run();
  void reset() { sqlite3_reset(handle_.get()); }

  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  Micros micros(int column) const { return Micros{integer(column)}; }
  Time time(int column) const { return Time{micros(column)}; }
  std::string text(int column) const;
  // Bytes of a BLOB, valid until the next step.
  std::string_view blob(int column) const;
  bool is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }

 private:
  // Gives it back to its connection, where it is kept.
  struct Release {
    Connection::Kept* kept = nullptr;
    void operator()(sqlite3_stmt* handle) const;
  };
  explicit Statement(sqlite3_stmt* handle, Connection::Kept* kept = nullptr) : handle_(handle, Release{kept}) {}

  template <std::integral Integer>
  int bind_one(int index, Integer value) {
    return sqlite3_bind_int64(handle_.get(), index, static_cast<std::int64_t>(value));
  }
  int bind_one(int index, Micros value) { return bind_one(index, value.count()); }
  int bind_one(int index, Time value) { return bind_one(index, value.time_since_epoch()); }
  // None is NULL.
  int bind_one(int index, const std::optional<Time>& value) {
    return value ? bind_one(index, *value) : sqlite3_bind_null(handle_.get(), index);
  }
  int bind_one(int index, std::string_view value) {
    return sqlite3_bind_text64(handle_.get(), index, value.data() ? value.data() : "", value.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  int bind_one(int index, Blob value) {
    return sqlite3_bind_blob64(handle_.get(), index, value.bytes.data() ? value.bytes.data() : "", value.bytes.size(),
                               SQLITE_STATIC);
  }
  void note(int code) {
    if (bind_code_ == SQLITE_OK) bind_code_ = code;
  }

  std::unique_ptr<sqlite3_stmt, Release> handle_;
  int bind_code_ = SQLITE_OK;
};

// Rolls back unless committed.
class Transaction {
 public:
  enum class Kind { read, write };
  static Sql<Transaction> begin(Connection& connection, Kind kind);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  ~Transaction();

  Sql<> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace nines::store
