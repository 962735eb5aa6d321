#include <filesystem>
#include <utility>

#include "store/files.hpp"
#include "store/schema.hpp"

namespace nines::store {
namespace {

// Without a time-out, opening while another connection is the last to close is refused now and then.
constexpr std::chrono::seconds kBusyTimeout(5);

Sql<Connection> open_checked(const std::string& path, OpenMode mode, int& version) {
  auto connection = Connection::open(path, mode, kBusyTimeout);
  if (!connection) return connection;
  const auto found = connection->integer("PRAGMA user_version");
  if (!found) return std::unexpected(found.error());
  version = static_cast<int>(*found);
  return connection;
}

// Where nothing can be written there is no agent either, so that the file can be read as it is.
Sql<Connection> open_somehow(const std::string& path, int& version) {
  auto connection = open_checked(path, OpenMode::read_only, version);
  if (connection || file_size(path + "-wal") > 0) return connection;
  auto immutable = open_checked(path, OpenMode::immutable, version);
  return immutable ? std::move(immutable) : std::move(connection);
}

Error no_store(const std::string& path) {
  const std::filesystem::path file(path);
  const auto folder = file.has_parent_path() ? file.parent_path().string() : ".";
  return {folder + " holds no store (no " + file.filename().string() +
          "): expected the data_dir of an agent that has run"};
}

}  // namespace

Expected<Connection> open_for_reading(const std::string& path) {
  const auto header = read_header(path);
  if (!header) return std::unexpected(header.error());
  if (header->kind == FileKind::absent) return std::unexpected(no_store(path));
  if (header->kind == FileKind::foreign) return std::unexpected(refuse_foreign(path));
  if (header->kind == FileKind::newer) return std::unexpected(refuse_newer(path));

  int version = 0;
  auto connection = open_somehow(path, version);
  if (!connection) return std::unexpected(cannot_open(path, connection.error().message));
  if (version == 0) return std::unexpected(no_store(path));
  if (version > current_version()) return std::unexpected(refuse_newer(path));
  if (version < current_version()) {
    return fail(path + " is from an older version of nines: start the agent once, which brings it up to date");
  }
  return std::move(*connection);
}

}  // namespace nines::store
