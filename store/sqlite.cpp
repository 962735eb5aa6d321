#include "store/sqlite.hpp"

#include <utility>

#include "base/text.hpp"

namespace nines::store {
namespace {

std::unexpected<SqlFault> fault(sqlite3* handle, int code) {
  return std::unexpected(SqlFault{code & 0xff, handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code)});
}

}  // namespace

bool SqlFault::transient() const {
  return code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_FULL || code == SQLITE_IOERR;
}

Sql<Connection> Connection::open(const std::string& path, OpenMode mode, std::chrono::milliseconds busy_timeout) {
  std::string name = path;
  int flags = SQLITE_OPEN_NOMUTEX;
  if (mode == OpenMode::create) flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (mode != OpenMode::create) flags |= SQLITE_OPEN_READONLY;
  if (mode == OpenMode::immutable) {
    flags |= SQLITE_OPEN_URI;
    name = "file:" + percent_encode(path) + "?immutable=1";
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  Connection connection(handle);  // SQLite gives a handle to close even when it fails
  if (code != SQLITE_OK) return fault(handle, code);
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  return connection;
}

Sql<> Connection::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fault(handle(), code);
  return {};
}

Sql<std::int64_t> Connection::integer(const std::string& sql) {
  auto statement = Statement::prepare(*this, sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

Sql<std::string> Connection::text(const std::string& sql) {
  auto statement = Statement::prepare(*this, sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->text(0) : std::string();
}

void Connection::keep_wal_on_close(bool on) {
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 1 : 0, nullptr);
}

Sql<Statement> Statement::prepare(Connection& connection, std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(connection.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return fault(connection.handle(), code);
  return Statement(handle);
}

Sql<bool> Statement::step() {
  if (bind_code_ != SQLITE_OK) return fault(nullptr, bind_code_);
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle_.get());
    return false;
  }
  auto failed = fault(sqlite3_db_handle(handle_.get()), code);
  sqlite3_reset(handle_.get());
  return failed;
}

Sql<> Statement::run() {
  for (;;) {
    const auto row = step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
  }
}

std::string Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return bytes ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

Sql<Transaction> Transaction::begin(Connection& connection, Kind kind) {
  if (auto begun = connection.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN"); !begun) {
    return std::unexpected(begun.error());
  }
  return Transaction(connection);
}

// After some faults SQLite has rolled back by itself.
Transaction::~Transaction() {
  if (connection_ && connection_->in_transaction()) {
    sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Sql<> Transaction::commit() {
  auto committed = connection_->execute("COMMIT");
  if (committed) connection_ = nullptr;
  return committed;
}

}  // namespace nines::store
