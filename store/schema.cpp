#include "store/schema.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "store/files.hpp"

namespace nines::store {
namespace {

constexpr std::int64_t kApplicationId = 0x4e696e65;  // "Nine"

constexpr Migration kMigrations[] = {
    R"sql(
CREATE TABLE series (
  id         INTEGER PRIMARY KEY,
  check_name TEXT NOT NULL,
  region     TEXT NOT NULL,
  UNIQUE (check_name, region)
) STRICT;

CREATE TABLE result (
  series       INTEGER NOT NULL,
  start        INTEGER NOT NULL,
  duration     INTEGER NOT NULL,
  measured     INTEGER NOT NULL,
  interval     INTEGER NOT NULL,
  resolve      INTEGER NOT NULL,
  connect      INTEGER NOT NULL,
  tls          INTEGER NOT NULL,
  processing   INTEGER NOT NULL,
  transfer     INTEGER NOT NULL,
  status       INTEGER NOT NULL,
  reason       INTEGER NOT NULL,
  first_reason INTEGER NOT NULL,
  attempts     INTEGER NOT NULL,
  origin       INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX result_key ON result (series, start);

CREATE TABLE evidence (
  series         INTEGER NOT NULL,
  start          INTEGER NOT NULL,
  message        TEXT NOT NULL,
  address        TEXT NOT NULL,
  failed_step    TEXT NOT NULL,
  trace_id       TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  headers        TEXT NOT NULL,
  body           TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX evidence_key ON evidence (series, start);

CREATE TABLE attempt (
  series        INTEGER NOT NULL,
  start         INTEGER NOT NULL,
  number        INTEGER NOT NULL,
  attempt_start INTEGER NOT NULL,
  duration      INTEGER NOT NULL,
  reason        INTEGER NOT NULL,
  message       TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX attempt_key ON attempt (series, start, number);

CREATE TABLE settings (
  id          INTEGER PRIMARY KEY,
  check_name  TEXT NOT NULL,
  start       INTEGER NOT NULL,
  interval    INTEGER NOT NULL,
  stale_after INTEGER NOT NULL,
  warning     INTEGER NOT NULL,
  critical    INTEGER NOT NULL,
  recovery    INTEGER NOT NULL,
  service     TEXT NOT NULL,
  journey     INTEGER NOT NULL,
  uplink      INTEGER NOT NULL,
  removed     INTEGER NOT NULL
) STRICT;
CREATE INDEX settings_key ON settings (check_name, start);

CREATE TABLE clock_step (
  id     INTEGER PRIMARY KEY,
  region TEXT NOT NULL,
  at     INTEGER NOT NULL,
  step   INTEGER NOT NULL
) STRICT;

CREATE TABLE health (
  check_name  TEXT PRIMARY KEY,
  state       INTEGER NOT NULL,
  failures    INTEGER NOT NULL,
  successes   INTEGER NOT NULL,
  last_result INTEGER NOT NULL,
  since       INTEGER NOT NULL
) STRICT;
)sql",
    R"sql(
CREATE TABLE ledger (
  id      INTEGER PRIMARY KEY,
  journey TEXT NOT NULL,
  step    TEXT NOT NULL,
  kind    TEXT NOT NULL,
  name    TEXT NOT NULL,
  url     TEXT NOT NULL,
  created INTEGER NOT NULL,
  tries   INTEGER NOT NULL
) STRICT;
)sql",
    R"sql(
CREATE TABLE chunk (
  id        INTEGER PRIMARY KEY,
  series    INTEGER NOT NULL,
  hour      INTEGER NOT NULL,
  count     INTEGER NOT NULL,
  successes INTEGER NOT NULL,
  failures  INTEGER NOT NULL,
  special   INTEGER NOT NULL,
  first     INTEGER NOT NULL,
  last      INTEGER NOT NULL,
  gap       INTEGER NOT NULL,
  interval  INTEGER NOT NULL,
  sum       INTEGER NOT NULL,
  least     INTEGER NOT NULL,
  most      INTEGER NOT NULL,
  durations BLOB NOT NULL,
  rest      BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX chunk_key ON chunk (series, hour);
)sql",
    R"sql(
CREATE TABLE maintenance (
  id             INTEGER PRIMARY KEY,
  configured     INTEGER NOT NULL,
  service        TEXT NOT NULL,
  start          INTEGER NOT NULL,
  stop           INTEGER NOT NULL,
  schedule       TEXT NOT NULL,
  time_zone      TEXT NOT NULL,
  reason         TEXT NOT NULL,
  author         TEXT NOT NULL,
  excluded       INTEGER NOT NULL,
  entered        INTEGER NOT NULL,
  since          INTEGER NOT NULL,
  removed        INTEGER,
  removed_by     TEXT NOT NULL,
  removed_reason TEXT NOT NULL,
  entirely       INTEGER NOT NULL
) STRICT;

CREATE TABLE maintenance_load (
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE frozen (
  id          INTEGER PRIMARY KEY,
  month       TEXT NOT NULL,
  contract    TEXT NOT NULL,
  region      TEXT NOT NULL,
  revision    INTEGER NOT NULL,
  made        INTEGER NOT NULL,
  as_of       INTEGER NOT NULL,
  version     TEXT NOT NULL,
  method      TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  reason      TEXT NOT NULL,
  report      TEXT NOT NULL,
  UNIQUE (month, contract, region, revision)
) STRICT;

CREATE TABLE delivery (
  frozen   INTEGER NOT NULL,
  way      TEXT NOT NULL,
  tries    INTEGER NOT NULL,
  next_try INTEGER NOT NULL,
  ended    INTEGER,
  trouble  TEXT NOT NULL,
  UNIQUE (frozen, way)
) STRICT;
)sql",
    R"sql(
CREATE TABLE gate (
  id         TEXT PRIMARY KEY,
  deployment TEXT NOT NULL,
  phase      TEXT NOT NULL,
  began      INTEGER NOT NULL,
  ended      INTEGER NOT NULL,
  verdict    TEXT NOT NULL,
  document   TEXT NOT NULL,
  inputs     TEXT NOT NULL
) STRICT;
CREATE INDEX gate_deployment ON gate (deployment, began);

CREATE TABLE deployment (
  id       INTEGER PRIMARY KEY,
  service  TEXT NOT NULL,
  version  TEXT NOT NULL,
  previous TEXT NOT NULL,
  at       INTEGER NOT NULL
) STRICT;
)sql",
    R"sql(
CREATE TABLE alert (
  id          INTEGER PRIMARY KEY,
  identity    TEXT NOT NULL,
  labels      TEXT NOT NULL,
  annotations TEXT NOT NULL,
  url         TEXT NOT NULL,
  starts      INTEGER NOT NULL,
  ends        INTEGER NOT NULL
) STRICT;

CREATE TABLE alert_told (
  alert    INTEGER NOT NULL,
  receiver TEXT NOT NULL,
  firing   INTEGER NOT NULL,
  resolved INTEGER NOT NULL,
  PRIMARY KEY (alert, receiver)
) STRICT;

CREATE TABLE silence (
  receiver TEXT NOT NULL,
  made_for TEXT NOT NULL,
  id       TEXT NOT NULL,
  ends     INTEGER NOT NULL,
  PRIMARY KEY (receiver, made_for)
) STRICT;
)sql",
    R"sql(
CREATE TABLE outage_note (
  id       INTEGER PRIMARY KEY,
  incident TEXT NOT NULL,
  subject  TEXT NOT NULL,
  journey  INTEGER NOT NULL,
  start    INTEGER NOT NULL,
  stop     INTEGER NOT NULL,
  cause    INTEGER NOT NULL,
  text     TEXT NOT NULL,
  author   TEXT NOT NULL,
  at       INTEGER NOT NULL
) STRICT;
CREATE INDEX outage_note_key ON outage_note (subject, start);
CREATE INDEX outage_note_incident ON outage_note (incident);
)sql"};

// Offsets of SQLite's file format, https://www.sqlite.org/fileformat2.html#the_database_header
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kUserVersionAt = 60;
constexpr std::size_t kApplicationIdAt = 68;
constexpr std::string_view kMagic("SQLite format 3\0", 16);

std::int64_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<std::int32_t>(value);
}

// Settings of the connection that writes. The first two hold from the first table on, and would write again each time.
Sql<> configure(Connection& connection, bool fresh) {
  if (fresh) {
    auto done = connection.execute("PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL");
    if (!done) return done;
  }
  const auto mode = connection.text("PRAGMA journal_mode = WAL");
  if (!mode) return std::unexpected(mode.error());
  if (*mode != "wal") {
    return std::unexpected(SqlFault{SQLITE_CANTOPEN, "the file system cannot share memory, which the store needs"});
  }
  return connection.execute(
      "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA journal_size_limit = 67108864");
}

// A WAL that holds a whole migration would hide the version from read_header().
Sql<> fold_wal(Connection& connection) {
  return connection.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

Sql<> take_step(Connection& connection, Migration step, int to) {
  auto transaction = Transaction::begin(connection, Transaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  const std::string marks =
      "PRAGMA application_id = " + std::to_string(kApplicationId) + "; PRAGMA user_version = " + std::to_string(to);
  if (auto done = connection.execute(step); !done) return done;
  if (auto done = connection.execute(marks); !done) return done;
  return transaction->commit();
}

// By way of another name, so that PATH.vN is whole whenever it is there.
Sql<> copy_aside(Connection& connection, const std::string& path, int version) {
  const std::string copy = path + ".v" + std::to_string(version);
  const std::string unfinished = copy + ".unfinished";
  std::error_code ignored;
  std::filesystem::remove(unfinished, ignored);
  if (auto made = make_file(unfinished); !made) {
    return std::unexpected(SqlFault{SQLITE_CANTOPEN, made.error().message});
  }
  auto statement = Statement::prepare(connection, "VACUUM INTO ?");
  if (!statement) return std::unexpected(statement.error());
  if (auto done = statement->bind(unfinished).run(); !done) return done;
  if (auto done = publish_file(unfinished, copy); !done) {
    return std::unexpected(SqlFault{SQLITE_IOERR, done.error().message});
  }
  return {};
}

Sql<> migrate(Connection& connection, const std::string& path, int from, std::span<const Migration> steps) {
  const int to = static_cast<int>(steps.size());
  if (from == to) return {};
  if (from > 0) {
    if (auto done = copy_aside(connection, path, from); !done) return done;
  }
  for (int version = from; version < to; ++version) {
    if (auto done = take_step(connection, steps[static_cast<std::size_t>(version)], version + 1); !done) return done;
  }
  return fold_wal(connection);
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

Expected<FileHeader> read_header(const std::string& path) {
  auto bytes = read_start(path, kHeaderBytes);
  if (!bytes) return std::unexpected(bytes.error());
  if (bytes->empty()) return FileHeader{};
  if (bytes->size() < kHeaderBytes || !bytes->starts_with(kMagic)) return FileHeader{FileKind::foreign};
  const auto version = big_endian(*bytes, kUserVersionAt);
  const auto application = big_endian(*bytes, kApplicationIdAt);
  if (version == 0 && application == 0) return FileHeader{FileKind::unmade};
  if (application != kApplicationId || version <= 0) return FileHeader{FileKind::foreign};
  return FileHeader{version > current_version() ? FileKind::newer : FileKind::ours, static_cast<int>(version)};
}

Error refuse_newer(const std::string& path) {
  return {path + " is from a newer version of nines: use that version, or another data_dir; it was not changed"};
}

Error refuse_foreign(const std::string& path) {
  return {path + " is not a store of nines: move it away, or use another data_dir"};
}

Error cannot_open(const std::string& path, const std::string& why) {
  return {"the store " + path + " cannot be opened: " + why};
}

Expected<Connection> open_for_writing(const std::string& path, std::span<const Migration> steps) {
  const auto header = read_header(path);
  if (!header) return std::unexpected(header.error());
  if (header->kind == FileKind::foreign) return std::unexpected(refuse_foreign(path));
  if (header->version > static_cast<int>(steps.size())) return std::unexpected(refuse_newer(path));

  // SQLite would let the world read it, and gives the files beside it the rights that it has.
  if (header->kind == FileKind::absent) {
    if (auto made = make_file(path); !made) return std::unexpected(made.error());
  }
  const auto refuse = [&](const SqlFault& fault) { return std::unexpected(cannot_open(path, fault.message)); };
  auto connection = Connection::open(path, OpenMode::create, std::chrono::seconds(2));
  if (!connection) return refuse(connection.error());
  connection->keep_wal_on_close(true);
  if (connection->read_only()) return std::unexpected(cannot_open(path, "the file may not be written"));
  // The header may be behind a -wal that a killed agent left; what SQLite says counts.
  const auto version = connection->integer("PRAGMA user_version");
  if (!version) return refuse(version.error());
  if (*version > static_cast<std::int64_t>(steps.size())) return std::unexpected(refuse_newer(path));
  const auto tables = connection->integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return refuse(tables.error());
  if (*version == 0 && *tables > 0) return std::unexpected(refuse_foreign(path));

  if (auto done = configure(*connection, *version == 0); !done) return refuse(done.error());
  if (auto done = migrate(*connection, path, static_cast<int>(*version), steps); !done) return refuse(done.error());
  connection->keep_wal_on_close(false);
  return std::move(*connection);
}

}  // namespace nines::store
