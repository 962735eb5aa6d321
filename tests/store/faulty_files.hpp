#pragma once

// SQLite's own file system with a say in what becomes of a call.

#include <functional>

#include <sqlite3.h>

namespace nines::store::tests {

enum class Call { write, sync };

// While it lives, SQLite's default file system is the faulty one. One at a time.
class FaultyFiles {
 public:
  FaultyFiles();
  FaultyFiles(const FaultyFiles&) = delete;
  ~FaultyFiles();

  // From the `nth` matching call on, `times` of them fail with `code`.
  static void fail(Call call, int nth, int times, int code);
  static void heal();
  // How many have failed since fail().
  static int failed();
  // `before` is called ahead of everything that changes a file, and nothing is synced: for a process that is to be
  // killed then, which costs nothing that was written.
  static void watch(std::function<void()> before);

 private:
  sqlite3_vfs vfs_{};
};

}  // namespace nines::store::tests
