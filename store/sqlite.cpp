#include "store/sqlite.hpp"

#include <algorithm>
#include <filesystem>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace nines::store {
namespace {

std::unexpected<SqlFault> fault(sqlite3* handle, int code) {
  return std::unexpected(SqlFault{code & 0xff, handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code)});
}

// A file opened by SQLite's file system, to be read.
class DatabaseFile {
 public:
  explicit DatabaseFile(const std::string& path)
      : system_(sqlite3_vfs_find(nullptr)), full_path_(static_cast<std::size_t>(system_->mxPathname) + 1) {
    object_.resize(static_cast<std::size_t>(system_->szOsFile));
    // A symbolic link is resolved and told by an extended code.
    code_ = system_->xFullPathname(system_, path.c_str(), system_->mxPathname + 1, full_path_.data()) & 0xff;
    if (code_ != SQLITE_OK) return;
    name_ = sqlite3_create_filename(full_path_.data(), "", "", 0, nullptr);
    if (!name_) throw std::bad_alloc();
    code_ = system_->xOpen(system_, name_, file(), SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READONLY, nullptr);
  }
  DatabaseFile(const DatabaseFile&) = delete;
  ~DatabaseFile() {
    if (file()->pMethods) file()->pMethods->xClose(file());
    sqlite3_free_filename(name_);
  }

  int code() const { return code_; }
  // As errno has it, of the call that failed last.
  int system_error() const { return system_->xGetLastError(system_, 0, nullptr); }
  int read(std::string& bytes) {
    return file()->pMethods->xRead(file(), bytes.data(), static_cast<int>(bytes.size()), 0);
  }

 private:
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(object_.data()); }

  sqlite3_vfs* system_;
  std::vector<char> full_path_;
  std::vector<char> object_;
  const char* name_ = nullptr;
  int code_ = SQLITE_OK;
};

}  // namespace

Expected<std::string> read_start(const std::string& path, std::size_t limit) {
  std::error_code code;
  const auto status = std::filesystem::status(path, code);
  if (status.type() == std::filesystem::file_type::not_found) return std::string();
  const auto cannot = [&](const std::string& why) { return fail(path + " cannot be read: " + why); };
  if (code) return cannot(code.message());
  if (!std::filesystem::is_regular_file(status)) return fail(path + " is not a file");
  const auto size = std::filesystem::file_size(path, code);
  if (code) return cannot(code.message());

  DatabaseFile file(path);
  if (file.code() != SQLITE_OK) return cannot(std::generic_category().message(file.system_error()));
  std::string bytes(std::min<std::uintmax_t>(size, limit), '\0');
  if (const int read = file.read(bytes); read != SQLITE_OK) return cannot(sqlite3_errstr(read));
  return bytes;
}

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

Sql<Statement> Statement::prepare_kept(Connection& connection, const std::string& sql) {
  if (auto kept = connection.kept_->extract(sql)) return Statement(kept.mapped().release(), connection.kept_.get());
  auto statement = prepare(connection, sql);
  if (statement) statement->handle_.get_deleter().kept = connection.kept_.get();
  return statement;
}

void Statement::Release::operator()(sqlite3_stmt* handle) const {
  std::unique_ptr<sqlite3_stmt, Connection::Finalize> done(handle);
  if (kept == nullptr) return;
  sqlite3_reset(handle);
  sqlite3_clear_bindings(handle);
  kept->try_emplace(sqlite3_sql(handle), std::move(done));
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

std::string_view Statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(size)) : std::string_view();
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
