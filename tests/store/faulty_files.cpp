#include "tests/store/faulty_files.hpp"

#include <array>
#include <atomic>
#include <map>
#include <utility>

namespace nines::store::tests {
namespace {

// What the file system is to do: from the `nth` matching call on, `times` of them fail with `code`.
struct Plan {
  std::atomic<int> nth{0};  // 0: nothing fails
  std::atomic<int> times{0};
  std::atomic<int> code{SQLITE_IOERR_WRITE};
  std::atomic<Call> call{Call::write};
  std::atomic<int> seen{0};
  std::atomic<int> failed{0};
};
Plan plan;
std::function<void()> watcher;

void tell_watcher() {
  if (watcher) watcher();
}

bool fails(Call call) {
  if (plan.nth == 0 || call != plan.call) return false;
  const int number = ++plan.seen;
  if (number < plan.nth || number >= plan.nth + plan.times) return false;
  ++plan.failed;
  return true;
}

// SQLite's own file system with these two calls in between. Database, journal and -wal have tables of their own.
using Methods = sqlite3_io_methods;
std::map<const Methods*, const Methods*> originals;  // ours to SQLite's
std::array<Methods, 8> tables;

const Methods* original(sqlite3_file* file) {
  return originals.at(file->pMethods);
}

int write_call(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  tell_watcher();
  if (fails(Call::write)) return plan.code;
  return original(file)->xWrite(file, bytes, size, offset);
}

int sync_call(sqlite3_file* file, int flags) {
  tell_watcher();
  if (watcher) return SQLITE_OK;
  if (fails(Call::sync)) return plan.code;
  return original(file)->xSync(file, flags);
}

int truncate_call(sqlite3_file* file, sqlite3_int64 size) {
  tell_watcher();
  return original(file)->xTruncate(file, size);
}

const Methods* faulty(const Methods* real) {
  for (const auto& [ours, theirs] : originals) {
    if (theirs == real) return ours;
  }
  Methods& table = tables.at(originals.size());
  table = *real;
  table.xWrite = write_call;
  table.xSync = sync_call;
  table.xTruncate = truncate_call;
  originals[&table] = real;
  return &table;
}

sqlite3_vfs* real_vfs = nullptr;

int open_call(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  const int code = real_vfs->xOpen(real_vfs, name, file, flags, out);
  if (code == SQLITE_OK && file->pMethods) file->pMethods = faulty(file->pMethods);
  return code;
}

}  // namespace

FaultyFiles::FaultyFiles() {
  real_vfs = sqlite3_vfs_find(nullptr);
  vfs_ = *real_vfs;
  vfs_.zName = "faulty";
  vfs_.xOpen = open_call;
  sqlite3_vfs_register(&vfs_, 1);
}

FaultyFiles::~FaultyFiles() {
  heal();
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_vfs, 1);
}

void FaultyFiles::fail(Call call, int nth, int times, int code) {
  plan.seen = 0;
  plan.failed = 0;
  plan.call = call;
  plan.times = times;
  plan.code = code;
  plan.nth = nth;
}

void FaultyFiles::heal() {
  plan.nth = 0;
}

int FaultyFiles::failed() {
  return plan.failed;
}

void FaultyFiles::watch(std::function<void()> before) {
  watcher = std::move(before);
}

}  // namespace nines::store::tests
