#pragma once

// The file's layout by version, and how one version becomes the next. Internal to the store.

#include <span>
#include <string>

#include "base/error.hpp"
#include "store/sqlite.hpp"

namespace nines::store {

// SQL that takes a file of version i to version i + 1, i being its index in a list of migrations.
using Migration = const char*;

// The whole history of the layout. Never change an entry that was released: add one.
std::span<const Migration> migrations();
inline int current_version() {
  return static_cast<int>(migrations().size());
}

// What the file says of itself in its first 100 bytes, read without a connection, which would make files beside it.
enum class FileKind {
  absent,   // no file, or an empty one
  unmade,   // SQLite's, without a version: a creation that was cut short, or somebody else's
  ours,     // a version this program knows, `version` of it
  newer,    // ours, of a version this program does not know
  foreign,  // not a store of ours
};
struct FileHeader {
  FileKind kind = FileKind::absent;
  int version = 0;
};
Expected<FileHeader> read_header(const std::string& path);

// One sentence for a kind that cannot be opened.
Error refuse_newer(const std::string& path);
Error refuse_foreign(const std::string& path);
Error cannot_open(const std::string& path, const std::string& why);

// Opens the file for writing and brings it to the last version of `steps`; the writer's settings are in force. An older
// file is copied to PATH.vN first, N its version.
Expected<Connection> open_for_writing(const std::string& path, std::span<const Migration> steps = migrations());

// Opens an existing file of the current version for reading only; see open_reader().
Expected<Connection> open_for_reading(const std::string& path);

}  // namespace nines::store
