#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/schema.hpp"
#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string reader_fault(const std::string& data_dir) {
  const auto reader = open_reader(data_dir);
  return reader ? "" : reader.error().text();
}

// Runs `work` in a child process and gives its exit code. Without rights if `unprivileged` and this is root.
int in_child(bool unprivileged, const std::function<int()>& work) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (unprivileged && getuid() == 0 && setuid(kNobody) != 0) _exit(100);
    _exit(work());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

// A store left as a killed agent leaves it, its last results in the -wal file alone.
void leave_unclosed(const std::string& data_dir) {
  REQUIRE(in_child(false, [&] {
            auto store = Store::open({.data_dir = data_dir});
            if (!store) return 1;
            (*store)->submit(success(1));
            (*store)->submit(success(2));
            const bool durable = (*store)->flush();
            _exit(durable ? 0 : 2);
            return 0;
          }) == 0);
  REQUIRE(std::filesystem::file_size(data_dir + "/nines.db-wal") > 0);
}

}  // namespace

TEST_CASE("a new store has the pages, modes and marks that docs/storage.md tells") {
  const TempDir dir;
  const auto data_dir = dir.file("deep/er");
  open_store(data_dir);
  CHECK(query(data_dir, "PRAGMA page_size") == "16384");
  CHECK(query(data_dir, "PRAGMA auto_vacuum") == "2");
  CHECK(query(data_dir, "PRAGMA journal_mode") == "wal");
  CHECK(query(data_dir, "PRAGMA user_version") == std::to_string(current_version()));
  CHECK(query(data_dir, "PRAGMA application_id") == std::to_string(0x4e696e65));
  CHECK(query(data_dir, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("what a store makes is for its owner alone, and a directory that was there keeps its rights") {
  const auto rights = [](const std::string& path) { return std::filesystem::status(path).permissions(); };
  const auto mine = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  const TempDir dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  for (const auto& data_dir : {dir.path(), dir.file("new")}) {
    const auto store = open_store(data_dir);
    for (const char* name : {"nines.db", "nines.db-wal", "nines.db-shm", "nines.lock"}) {
      INFO(name);
      CHECK(rights(data_dir + "/" + name) == mine);
    }
  }
  CHECK(rights(dir.file("new")) == std::filesystem::perms::owner_all);
  CHECK(rights(dir.path()) == std::filesystem::perms(0755));
}

TEST_CASE("a store behind a symbolic link is found") {
  const TempDir dir;
  std::filesystem::create_directory(dir.file("link"));
  open_store(dir.file("real"));
  std::filesystem::create_symlink(dir.file("real/nines.db"), dir.file("link/nines.db"));
  CHECK(reader_fault(dir.file("link")).empty());
  CHECK(open_fault(dir.file("link")).empty());
}

TEST_CASE("a second agent on the same data_dir is refused with the first one's process id") {
  const TempDir dir;
  auto store = open_store(dir.path());
  CHECK(open_fault(dir.path()) == "another nines agent uses " + dir.path() + " (process " + std::to_string(getpid()) +
                                      "): stop it, or use another data_dir");
  store.reset();
  CHECK(open_fault(dir.path()).empty());
}

TEST_CASE("the lock of a killed agent does not outlive it") {
  const TempDir dir;
  leave_unclosed(dir.path());
  CHECK(open_fault(dir.path()).empty());
  CHECK(starts_of(dir.path()) == std::vector<double>{1, 2});
}

TEST_CASE("a store of a newer version is refused and stays as it is, byte for byte") {
  const TempDir dir;
  open_store(dir.path());
  execute(dir.path(), "PRAGMA user_version = 1000");
  const auto before = snapshot(dir.path());
  const auto expected = dir.file("nines.db") +
                        " is from a newer version of nines: use that version, or another data_dir; it was not changed";
  CHECK(open_fault(dir.path()) == expected);
  CHECK(reader_fault(dir.path()) == expected);
  CHECK(snapshot(dir.path()) == before);
}

TEST_CASE("a newer version that is known to the -wal file alone is refused, database and -wal untouched") {
  const TempDir dir;
  leave_unclosed(dir.path());
  REQUIRE(in_child(false, [&] {
            auto connection = Connection::open(dir.file("nines.db"), OpenMode::create, std::chrono::seconds(5));
            const bool done = connection && connection->execute(
                                                "PRAGMA wal_autocheckpoint = 0; "
                                                "PRAGMA user_version = 1000");
            _exit(done ? 0 : 1);
            return 0;
          }) == 0);
  const auto database = contents(dir.file("nines.db"));
  const auto wal = contents(dir.file("nines.db-wal"));
  CHECK_THAT(open_fault(dir.path()), Catch::Contains("is from a newer version of nines"));
  CHECK_THAT(reader_fault(dir.path()), Catch::Contains("is from a newer version of nines"));
  CHECK(contents(dir.file("nines.db")) == database);
  CHECK(contents(dir.file("nines.db-wal")) == wal);
}

TEST_CASE("what is no store of ours is refused and stays as it is") {
  const TempDir dir;
  const auto file = dir.file("nines.db");
  const std::string refusal = file + " is not a store of nines: move it away, or use another data_dir";
  for (const std::string& bytes : {std::string("hello"), std::string(4096, 'x')}) {
    write_file(file, bytes);
    CHECK(open_fault(dir.path()) == refusal);
    CHECK(reader_fault(dir.path()) == refusal);
    CHECK(contents(file) == bytes);
  }
  std::filesystem::remove(file);
  execute(dir.path(), "CREATE TABLE other (x)");
  const auto bytes = contents(file);
  CHECK(open_fault(dir.path()) == refusal);
  CHECK(contents(file) == bytes);
}

TEST_CASE("a creation that was cut short is begun again") {
  const TempDir dir;
  write_file(dir.file("nines.db"), "");
  CHECK(open_fault(dir.path()).empty());
  std::filesystem::remove(dir.file("nines.db"));
  execute(dir.path(),
          "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; "
          "CREATE TABLE t (x); DROP TABLE t");
  CHECK_THAT(reader_fault(dir.path()), Catch::Contains("holds no store"));
  CHECK(open_fault(dir.path()).empty());
  CHECK(query(dir.path(), "PRAGMA auto_vacuum") == "2");
}

TEST_CASE("a damaged store is refused with one sentence") {
  const TempDir dir;
  open_store(dir.path());
  auto bytes = contents(dir.file("nines.db"));
  std::fill(bytes.begin() + 100, bytes.end(), '\x5a');
  write_file(dir.file("nines.db"), bytes);
  CHECK(open_fault(dir.path()) ==
        "the store " + dir.file("nines.db") + " cannot be opened: database disk image is malformed");
}

TEST_CASE("a data_dir that cannot be used is refused with one sentence") {
  const TempDir dir;
  write_file(dir.file("taken"), "x");
  CHECK(open_fault(dir.file("taken")) == "the directory " + dir.file("taken") + " cannot be made: Not a directory");
  CHECK_THAT(open_fault(dir.file("taken/below")), Catch::StartsWith("the directory " + dir.file("taken/below")));
  std::filesystem::create_directories(dir.file("folder/nines.db"));
  CHECK(open_fault(dir.file("folder")) == dir.file("folder/nines.db") + " is not a file");
  CHECK(open_fault("/proc/nines") == "the directory /proc/nines cannot be made: No such file or directory");
}

TEST_CASE("a directory or file that may not be written is refused with one sentence") {
  const TempDir dir;
  open_store(dir.path());
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0555));
  std::filesystem::permissions(dir.file("nines.lock"), std::filesystem::perms(0444));
  std::filesystem::permissions(dir.file("nines.db"), std::filesystem::perms(0444));
  CHECK(in_child(true, [&] {
          const auto fault = open_fault(dir.path());
          return fault == "the directory " + dir.path() + " cannot be written: Permission denied" ? 0 : 1;
        }) == 0);
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0777));
  std::filesystem::permissions(dir.file("nines.lock"), std::filesystem::perms(0666));
  CHECK(in_child(true, [&] {
          const auto fault = open_fault(dir.path());
          return fault == "the store " + dir.file("nines.db") + " cannot be opened: the file may not be written" ? 0
                                                                                                                 : 1;
        }) == 0);
}

TEST_CASE("reading a store that is not there says so and makes nothing") {
  const TempDir dir;
  CHECK(reader_fault(dir.path()) ==
        dir.path() + " holds no store (no nines.db): expected the data_dir of an agent that has run");
  CHECK_THAT(reader_fault(dir.file("nowhere")), Catch::Contains("holds no store"));
  CHECK(snapshot(dir.path()).empty());
}

TEST_CASE("a reader sees what a killed agent left in the -wal file, and does not change the file") {
  const TempDir dir;
  leave_unclosed(dir.path());
  const auto database = contents(dir.file("nines.db"));
  const auto wal = contents(dir.file("nines.db-wal"));
  CHECK(starts_of(dir.path()) == std::vector<double>{1, 2});
  CHECK(contents(dir.file("nines.db")) == database);
  CHECK(contents(dir.file("nines.db-wal")) == wal);
}

TEST_CASE("a store in a directory that may only be read can be read") {
  const bool killed = GENERATE(false, true);
  const TempDir dir;
  if (killed) leave_unclosed(dir.path());
  if (!killed) {
    const auto store = open_store(dir.path());
    store->submit(success(1));
    store->submit(success(2));
  }
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    std::filesystem::permissions(entry.path(), std::filesystem::perms(0444));
  }
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0555));
  CHECK(in_child(true, [&] {
          auto reader = open_reader(dir.path());
          if (!reader) return 1;
          const auto rows = reader->rows(kKey, kEver);
          return rows && rows->size() == 2 ? 0 : 2;
        }) == 0);
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
}

TEST_CASE("a reader works beside the agent that writes") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  auto reader = open_reader(dir.path());
  REQUIRE(reader.has_value());
  CHECK(reader->rows(kKey, kEver).value().empty());
  store->submit(success(1));
  REQUIRE(store->flush());
  CHECK(reader->rows(kKey, kEver).value().size() == 1);
}
