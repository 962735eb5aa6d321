#include "store/gates.hpp"

#include <chrono>
#include <type_traits>
#include <utility>

#include "store/rows.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace nines::store {
namespace {

// An agent's batch is written in less; its disk may be slow.
constexpr std::chrono::seconds kBusyTimeout(10);

constexpr const char* kColumns = "id, deployment, phase, began, ended, verdict, document, inputs";

GateEntry read_gate(const Statement& row) {
  return {row.text(0), row.text(1), row.text(2), row.time(3), row.time(4), row.text(5), row.text(6), row.text(7)};
}

DeploymentMark read_mark(const Statement& row) {
  return {row.text(0), row.text(1), row.text(2), row.time(3)};
}

std::string path_in(const std::string& data_dir) {
  return data_dir + "/" + kFileName;
}

}  // namespace

struct GateBook::Impl {
  std::string path;
  Connection connection;

  Error error(const SqlFault& fault, const char* what) const {
    return {path + " cannot be " + what + ": " + fault.message};
  }

  template <class Work>
  Expected<void> write(const Work& work) {
    const auto refuse = [&](const SqlFault& fault) { return std::unexpected(error(fault, "written")); };
    auto transaction = Transaction::begin(connection, Transaction::Kind::write);
    if (!transaction) return refuse(transaction.error());
    if (auto done = work(); !done) return refuse(done.error());
    if (auto done = transaction->commit(); !done) return refuse(done.error());
    return {};
  }

  template <class... Values>
  Expected<void> run(const char* sql, const Values&... values) {
    return write([&]() -> Sql<> {
      auto statement = Statement::prepare(connection, sql);
      if (!statement) return std::unexpected(statement.error());
      return statement->bind(values...).run();
    });
  }

  template <class Make, class... Values>
  auto collect(const std::string& sql, const Make& make, const Values&... values)
      -> Expected<std::vector<std::invoke_result_t<Make, const Statement&>>> {
    auto statement = Statement::prepare(connection, sql);
    if (!statement) return std::unexpected(error(statement.error(), "read"));
    statement->bind(values...);
    std::vector<std::invoke_result_t<Make, const Statement&>> all;
    for (;;) {
      const auto row = statement->step();
      if (!row) return std::unexpected(error(row.error(), "read"));
      if (!*row) return all;
      all.push_back(make(*statement));
    }
  }

  template <class... Values>
  Expected<std::optional<GateEntry>> one(const std::string& condition, const Values&... values) {
    auto found = collect("SELECT " + std::string(kColumns) + " FROM gate WHERE " + condition, read_gate, values...);
    if (!found) return std::unexpected(found.error());
    return found->empty() ? std::optional<GateEntry>() : std::move(found->front());
  }
};

GateBook::GateBook(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GateBook::~GateBook() = default;
GateBook::GateBook(GateBook&&) noexcept = default;
GateBook& GateBook::operator=(GateBook&&) noexcept = default;

Expected<GateBook> GateBook::open(const std::string& data_dir) {
  const auto header = read_header(path_in(data_dir));
  if (!header) return std::unexpected(header.error());
  if (header->kind != FileKind::ours || header->version < current_version()) {
    auto made = Store::open({.data_dir = data_dir});
    if (!made) return std::unexpected(made.error());
  }
  return open_existing(data_dir);
}

Expected<GateBook> GateBook::open_existing(const std::string& data_dir) {
  // It says best what is wrong.
  if (auto readable = open_reader(data_dir); !readable) return std::unexpected(readable.error());
  const std::string path = path_in(data_dir);
  auto connection = Connection::open(path, OpenMode::create, kBusyTimeout);
  if (!connection) return std::unexpected(cannot_open(path, connection.error().message));
  if (auto done = connection->execute("PRAGMA synchronous = FULL"); !done) {
    return std::unexpected(cannot_open(path, done.error().message));
  }
  return GateBook(std::make_unique<Impl>(path, std::move(*connection)));
}

Expected<GateBook> GateBook::open_read_only(const std::string& data_dir) {
  const std::string path = path_in(data_dir);
  auto connection = open_for_reading(path);
  if (!connection) return std::unexpected(connection.error());
  return GateBook(std::make_unique<Impl>(path, std::move(*connection)));
}

Expected<void> GateBook::put(const GateEntry& entry) {
  return impl_->run(
      "INSERT OR REPLACE INTO gate (id, deployment, phase, began, ended, verdict, document, inputs) VALUES (?, ?, ?, "
      "?, "
      "?, ?, ?, ?)",
      entry.id, entry.deployment, entry.phase, entry.began, entry.ended, entry.verdict, entry.document, entry.inputs);
}

Expected<void> GateBook::mark(const DeploymentMark& mark) {
  return impl_->run("INSERT INTO deployment (service, version, previous, at) VALUES (?, ?, ?, ?)", mark.service,
                    mark.version, mark.previous, mark.at);
}

Expected<void> GateBook::add_results(std::span<const Result> results) {
  return impl_->write([&]() -> Sql<> {
    auto rows = RowWriter::make(impl_->connection);
    if (!rows) return std::unexpected(rows.error());
    for (const Result& result : results) {
      if (auto added = rows->add(result); !added) return std::unexpected(added.error());
    }
    return {};
  });
}

Expected<std::optional<GateEntry>> GateBook::gate(const std::string& id) {
  return impl_->one("id = ?", id);
}

Expected<std::optional<GateEntry>> GateBook::latest(const std::string& deployment, const std::string& phase) {
  return impl_->one("deployment = ? AND phase = ? ORDER BY began DESC, rowid DESC LIMIT 1", deployment, phase);
}

Expected<std::optional<GateEntry>> GateBook::last_ended(const std::string& phase) {
  return impl_->one("phase = ? ORDER BY ended DESC, rowid DESC LIMIT 1", phase);
}

Expected<std::vector<GateEntry>> GateBook::gates(int limit) {
  return impl_->collect(
      "SELECT id, deployment, phase, began, ended, verdict, document, '' FROM gate ORDER BY began DESC, rowid DESC "
      "LIMIT ?",
      read_gate, limit);
}

Expected<std::vector<GateEntry>> GateBook::gates_in(const Period& period, int limit) {
  return impl_->collect(
      "SELECT id, deployment, phase, began, ended, verdict, document, '' FROM gate WHERE ended >= ? AND ended < ? "
      "ORDER BY ended, rowid LIMIT ?",
      read_gate, period.from, period.to, limit);
}

Expected<std::vector<DeploymentMark>> GateBook::marks() {
  return impl_->collect("SELECT service, version, previous, at FROM deployment ORDER BY at, id", read_mark);
}

Expected<std::vector<DeploymentMark>> GateBook::marks_in(const Period& period, int limit) {
  return impl_->collect(
      "SELECT service, version, previous, at FROM deployment WHERE at >= ? AND at < ? ORDER BY at, id LIMIT ?",
      read_mark, period.from, period.to, limit);
}

}  // namespace nines::store
