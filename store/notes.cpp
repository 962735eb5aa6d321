#include "store/notes.hpp"

#include <chrono>
#include <utility>

#include "store/schema.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace nines::store {
namespace {

// An agent's batch is written in less; its disk may be slow.
constexpr std::chrono::seconds kBusyTimeout(10);

std::string path_in(const std::string& data_dir) {
  return data_dir + "/" + kFileName;
}

OutageNote read_note(const Statement& row) {
  return {.id = row.integer(0),
          .incident = row.text(1),
          .subject = row.text(2),
          .journey = row.integer(3) != 0,
          .extent = {row.time(4), row.time(5)},
          .cause = row.integer(6) != 0,
          .text = row.text(7),
          .author = row.text(8),
          .at = row.time(9)};
}

template <class... Values>
Expected<std::vector<OutageNote>> query(const std::string& data_dir, const std::string& condition,
                                        const Values&... values) {
  const std::string path = path_in(data_dir);
  auto connection = open_for_reading(path);
  if (!connection) return std::unexpected(connection.error());
  const auto refuse = [&](const SqlFault& fault) { return fail(path + " cannot be read: " + fault.message); };
  auto statement = Statement::prepare(
      *connection,
      "SELECT id, incident, subject, journey, start, stop, cause, text, author, at FROM outage_note WHERE " +
          condition + " ORDER BY at, id");
  if (!statement) return refuse(statement.error());
  statement->bind(values...);
  std::vector<OutageNote> notes;
  for (;;) {
    const auto row = statement->step();
    if (!row) return refuse(row.error());
    if (!*row) return notes;
    notes.push_back(read_note(*statement));
  }
}

// None: there are `most` already.
Sql<std::optional<std::int64_t>> insert(Connection& connection, const OutageNote& note, std::int64_t most) {
  auto count = Statement::prepare(
      connection, "SELECT count(*) FROM outage_note WHERE journey = ? AND subject = ? AND start < ? AND stop > ?");
  if (!count) return std::unexpected(count.error());
  const auto row = count->bind(note.journey, note.subject, note.extent.to, note.extent.from).step();
  if (!row) return std::unexpected(row.error());
  const bool full = count->integer(0) >= most;
  count->reset();
  if (full) return std::nullopt;
  auto statement =
      Statement::prepare(connection,
                         "INSERT INTO outage_note (incident, subject, journey, start, stop, cause, text, author, at) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!statement) return std::unexpected(statement.error());
  auto done = statement
                  ->bind(note.incident, note.subject, note.journey, note.extent.from, note.extent.to, note.cause,
                         note.text, note.author, note.at)
                  .run();
  if (!done) return std::unexpected(done.error());
  return connection.last_row_id();
}

}  // namespace

struct NoteBook::Impl {
  std::string path;
  Connection connection;
};

NoteBook::NoteBook(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NoteBook::~NoteBook() = default;
NoteBook::NoteBook(NoteBook&&) noexcept = default;
NoteBook& NoteBook::operator=(NoteBook&&) noexcept = default;

Expected<NoteBook> NoteBook::open(const std::string& data_dir) {
  const std::string path = path_in(data_dir);
  const auto header = read_header(path);
  if (!header) return std::unexpected(header.error());
  if (header->kind != FileKind::ours || header->version < current_version()) {
    auto made = Store::open({.data_dir = data_dir});
    if (!made) return std::unexpected(made.error());
  }
  auto connection = Connection::open(path, OpenMode::create, kBusyTimeout);
  if (!connection) return std::unexpected(cannot_open(path, connection.error().message));
  if (connection->read_only()) return std::unexpected(cannot_open(path, "the file may not be written"));
  const auto version = connection->integer("PRAGMA user_version");
  if (!version) return std::unexpected(cannot_open(path, version.error().message));
  if (*version > current_version()) return std::unexpected(refuse_newer(path));
  if (auto done = connection->execute("PRAGMA synchronous = FULL"); !done) {
    return std::unexpected(cannot_open(path, done.error().message));
  }
  return NoteBook(std::make_unique<Impl>(path, std::move(*connection)));
}

Expected<std::optional<std::int64_t>> NoteBook::add(const OutageNote& note, std::int64_t most) {
  const auto refuse = [&](const SqlFault& fault) { return fail(impl_->path + " cannot be written: " + fault.message); };
  auto transaction = Transaction::begin(impl_->connection, Transaction::Kind::write);
  if (!transaction) return refuse(transaction.error());
  const auto id = insert(impl_->connection, note, most);
  if (!id) return refuse(id.error());
  if (auto done = transaction->commit(); !done) return refuse(done.error());
  return *id;
}

Expected<std::vector<OutageNote>> read_notes(const std::string& data_dir, const Period& period) {
  return query(data_dir, "start < ? AND stop > ?", period.to, period.from);
}

Expected<std::vector<OutageNote>> read_notes(const std::string& data_dir, const std::string& incident) {
  return query(data_dir, "incident = ?", incident);
}

}  // namespace nines::store
