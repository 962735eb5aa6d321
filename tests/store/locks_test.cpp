#include <filesystem>
#include <functional>
#include <string>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "store/sqlite.hpp"
#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

// Another process, started before this one opens the store, since SQLite's connections do not survive a fork.
class Outsider {
 public:
  explicit Outsider(const std::function<int()>& work) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    child_ = fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      close(ends[1]);
      char word = 0;
      _exit(read(ends[0], &word, 1) == 1 ? work() : 200);
    }
    close(ends[0]);
    pipe_ = ends[1];
  }
  Outsider(const Outsider&) = delete;
  ~Outsider() {
    if (child_ > 0) finish();
  }

  // Lets it do its work and gives the exit code.
  int go() {
    REQUIRE(write(pipe_, "", 1) == 1);
    return finish();
  }

 private:
  int finish() {
    close(pipe_);
    int status = 0;
    const bool ended = waitpid(child_, &status, 0) == child_;
    child_ = -1;
    return ended && WIFEXITED(status) ? WEXITSTATUS(status) : 201;
  }

  pid_t child_ = -1;
  int pipe_ = -1;
};

// What `sqlite3 nines.db 'SELECT ...'` does; the last connection to close would remove the -wal file.
int look_and_close(const std::string& file) {
  auto connection = Connection::open(file, OpenMode::create, std::chrono::seconds(5));
  return connection && connection->integer("SELECT count(*) FROM result") == 1 ? 0 : 1;
}

int count_rows(const std::string& data_dir) {
  auto reader = open_reader(data_dir);
  if (!reader) return 100;
  const auto rows = reader->rows(kKey, kEver);
  return rows ? static_cast<int>(rows->size()) : 101;
}

}  // namespace

TEST_CASE("another process that closes the store leaves the agent's -wal file, whatever the agent opened meanwhile") {
  const TempDir dir;
  struct Case {
    const char* what;
    std::function<void(const Store&)> open;
  };
  const std::vector<Case> cases = {
      {"nothing", [](const Store&) {}},
      {"a reader of its own", [](const Store& store) { CHECK(store.reader().series()); }},
      {"a reader of the directory", [&](const Store&) { CHECK(open_reader(dir.path())->series()); }},
      {"two readers, one after the other",
       [&](const Store& store) {
         auto first = store.reader();
         CHECK(open_reader(dir.path())->series());
         CHECK(first.series());
       }},
      {"a second store, which is refused",
       [&](const Store&) { CHECK_THAT(open_fault(dir.path()), Catch::Contains("another nines agent")); }},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    std::filesystem::remove_all(dir.path());
    Outsider sqlite([&] { return look_and_close(dir.file("nines.db")); });
    Outsider report([&] { return count_rows(dir.path()); });

    const auto store = open_store(dir.path());
    store->submit(success(1));
    REQUIRE(store->flush());
    one.open(*store);
    CHECK(sqlite.go() == 0);
    CHECK(std::filesystem::exists(dir.file("nines.db-wal")));
    CHECK(std::filesystem::exists(dir.file("nines.db-shm")));
    store->submit(success(2));
    REQUIRE(store->flush());
    CHECK(report.go() == 2);
  }
}
