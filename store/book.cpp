#include "store/book.hpp"

#include <algorithm>
#include <utility>

#include "store/rows.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace nines::store {
namespace {

// An agent's batch is written in less; its disk may be slow.
constexpr std::chrono::seconds kBusyTimeout(10);
constexpr const char* kRemovedByFile = "configuration";

using Windows = std::vector<WindowEntry>;

Sql<Windows> query_windows(Connection& connection, const std::string& condition) {
  auto statement =
      Statement::prepare(connection, "SELECT " + std::string(kWindowColumns) + " FROM maintenance WHERE " + condition);
  if (!statement) return std::unexpected(statement.error());
  Windows windows;
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return windows;
    windows.push_back(read_window(*statement));
  }
}

Sql<std::int64_t> insert_window(Connection& connection, const WindowEntry& window) {
  auto statement = Statement::prepare(
      connection,
      "INSERT INTO maintenance (configured, service, start, stop, schedule, time_zone, reason, author, excluded, "
      "entered, since, removed, removed_by, removed_reason, entirely) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, '', '', 0)");
  if (!statement) return std::unexpected(statement.error());
  auto done = statement
                  ->bind(window.configured, window.service, window.once.from, window.once.to, window.schedule,
                         window.time_zone, window.reason, window.author, window.excluded, window.entered, window.since)
                  .run();
  if (!done) return std::unexpected(done.error());
  return connection.last_row_id();
}

Sql<> mark_removed(Connection& connection, std::int64_t id, const WindowRemoval& removal) {
  auto statement = Statement::prepare(
      connection, "UPDATE maintenance SET removed = ?, removed_by = ?, removed_reason = ?, entirely = ? WHERE id = ?");
  if (!statement) return std::unexpected(statement.error());
  return statement->bind(removal.at, removal.author, removal.reason, removal.entirely, id).run();
}

// Whether this is the first load that is recorded, which it is from now on.
Sql<bool> note_first_load(Connection& connection, Time now) {
  const auto loads = connection.integer("SELECT count(*) FROM maintenance_load");
  if (!loads) return std::unexpected(loads.error());
  if (*loads > 0) return false;
  auto statement = Statement::prepare(connection, "INSERT INTO maintenance_load (at) VALUES (?)");
  if (!statement) return std::unexpected(statement.error());
  if (auto done = statement->bind(now).run(); !done) return std::unexpected(done.error());
  return true;
}

Sql<> record(Connection& connection, std::span<const WindowEntry> configured, Time now) {
  const auto first = note_first_load(connection, now);
  if (!first) return std::unexpected(first.error());
  // One that was removed entirely stays so for as long as the file has it.
  auto known = query_windows(connection, "configured = 1 AND (removed IS NULL OR entirely = 1)");
  if (!known) return std::unexpected(known.error());
  for (WindowEntry window : configured) {
    const auto found = std::ranges::find_if(*known, [&](const auto& one) { return one.same_window(window); });
    if (found != known->end()) {
      known->erase(found);
      continue;
    }
    window.configured = true;
    window.entered = now;
    window.since = *first ? Time::min() : now;
    if (auto id = insert_window(connection, window); !id) return std::unexpected(id.error());
  }
  for (const WindowEntry& gone : *known) {
    if (gone.removed) continue;
    if (auto done = mark_removed(connection, gone.id, {now, kRemovedByFile, "taken out of nines.yml"}); !done)
      return done;
  }
  return {};
}

Sql<> insert_frozen(Connection& connection, const FrozenMonth& month) {
  auto statement = Statement::prepare(
      connection,
      "INSERT INTO frozen (month, contract, region, revision, made, as_of, version, method, fingerprint, reason, "
      "report) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!statement) return std::unexpected(statement.error());
  return statement
      ->bind(month.month, month.contract, month.region, month.revision, month.made, month.as_of, month.version,
             month.method, month.fingerprint, month.reason, month.report)
      .run();
}

Sql<std::int64_t> last_revision(Connection& connection, const FrozenMonth& month) {
  auto statement = Statement::prepare(
      connection, "SELECT coalesce(max(revision), 0) FROM frozen WHERE month = ? AND contract = ? AND region = ?");
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->bind(month.month, month.contract, month.region).step();
  if (!row) return std::unexpected(row.error());
  return statement->integer(0);
}

Sql<> insert_deliveries(Connection& connection, const FrozenMonth& month, std::span<const std::string> ways) {
  for (const std::string& way : ways) {
    auto statement = Statement::prepare(
        connection,
        "INSERT INTO delivery (frozen, way, tries, next_try, ended, trouble) VALUES (?, ?, 0, ?, NULL, '')");
    if (!statement) return std::unexpected(statement.error());
    if (auto done = statement->bind(month.id, way, month.made).run(); !done) return done;
  }
  return {};
}

}  // namespace

bool WindowEntry::same_window(const WindowEntry& other) const {
  return service == other.service && once == other.once && schedule == other.schedule && time_zone == other.time_zone &&
         reason == other.reason && author == other.author && excluded == other.excluded;
}

struct Book::Impl {
  std::string path;
  Connection connection;

  Error error(const SqlFault& fault) const { return {path + " cannot be written: " + fault.message}; }

  // What `work` does, all of it or nothing.
  template <class Work>
  auto in_transaction(const Work& work) -> Expected<typename decltype(work())::value_type> {
    using Value = typename decltype(work())::value_type;
    auto transaction = Transaction::begin(connection, Transaction::Kind::write);
    if (!transaction) return std::unexpected(error(transaction.error()));
    auto made = work();
    if (!made) return Expected<Value>(std::unexpected(error(made.error())));
    if (auto done = transaction->commit(); !done) return std::unexpected(error(done.error()));
    if constexpr (std::is_void_v<Value>) {
      return {};
    } else {
      return std::move(*made);
    }
  }
};

Book::Book(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Book::~Book() = default;
Book::Book(Book&&) noexcept = default;
Book& Book::operator=(Book&&) noexcept = default;

Expected<Book> Book::open(const std::string& data_dir) {
  const auto path = data_dir + "/" + kFileName;
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
  return Book(std::make_unique<Impl>(path, std::move(*connection)));
}

Expected<void> Book::record_windows(std::span<const WindowEntry> configured, Time now) {
  return impl_->in_transaction([&] { return record(impl_->connection, configured, now); });
}

Expected<std::int64_t> Book::add_window(const WindowEntry& window) {
  return impl_->in_transaction([&] { return insert_window(impl_->connection, window); });
}

Expected<WindowEntry> Book::remove_window(std::int64_t id, const WindowRemoval& removal) {
  const auto removed = impl_->in_transaction([&]() -> Sql<Windows> {
    auto found = query_windows(impl_->connection, "id = " + std::to_string(id));
    if (!found || found->empty() || found->front().removed) return found;
    if (auto done = mark_removed(impl_->connection, id, removal); !done) return std::unexpected(done.error());
    found->front().removed = removal;
    return found;
  });
  if (!removed) return std::unexpected(removed.error());
  if (removed->empty()) return fail("there is no maintenance window " + std::to_string(id));
  const WindowEntry& window = removed->front();
  if (window.removed != removal) {
    return fail("the maintenance window " + std::to_string(id) + " was removed at " +
                format_time(window.removed->at, 0) + " by " + window.removed->author);
  }
  return window;
}

Expected<FrozenMonth> Book::freeze(FrozenMonth month, std::span<const std::string> ways) {
  std::int64_t there = 0;
  const auto written = impl_->in_transaction([&]() -> Sql<> {
    const auto last = last_revision(impl_->connection, month);
    if (!last) return std::unexpected(last.error());
    there = *last;
    if (there + 1 != month.revision) return {};
    if (auto done = insert_frozen(impl_->connection, month); !done) return done;
    month.id = impl_->connection.last_row_id();
    return insert_deliveries(impl_->connection, month, ways);
  });
  if (!written) return std::unexpected(written.error());
  if (month.id == 0) {
    return fail("revision " + std::to_string(there) + " of " + month.month +
                " was written meanwhile: look at it first");
  }
  return month;
}

Expected<void> Book::update(const Delivery& delivery) {
  return impl_->in_transaction([&]() -> Sql<> {
    auto statement = Statement::prepare(
        impl_->connection,
        "UPDATE delivery SET tries = ?, next_try = ?, ended = ?, trouble = ? WHERE frozen = ? AND way = ?");
    if (!statement) return std::unexpected(statement.error());
    return statement
        ->bind(delivery.tries, delivery.next_try, delivery.ended, delivery.trouble, delivery.frozen, delivery.way)
        .run();
  });
}

}  // namespace nines::store
