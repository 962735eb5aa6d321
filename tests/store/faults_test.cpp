#include <utility>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "tests/store/faulty_files.hpp"
#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

constexpr int kForEver = 1'000'000;

// What the program says on stderr while this lives.
class Stderr {
 public:
  explicit Stderr(std::string path) : path_(std::move(path)), saved_(dup(STDERR_FILENO)) {
    const int file = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(dup2(file, STDERR_FILENO) == STDERR_FILENO);
    close(file);
  }
  Stderr(const Stderr&) = delete;
  ~Stderr() {
    dup2(saved_, STDERR_FILENO);
    close(saved_);
  }
  std::size_t count(const std::string& words) const {
    const auto text = contents(path_);
    std::size_t found = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++found;
    return found;
  }

 private:
  std::string path_;
  int saved_;
};

}  // namespace

TEST_CASE("a batch that fails once is tried again and nothing is lost") {
  const FaultyFiles files;
  const auto call = GENERATE(Call::write, Call::sync);
  const int code = GENERATE(int{SQLITE_FULL}, int{SQLITE_IOERR_WRITE}, int{SQLITE_IOERR_FSYNC});
  const int nth = GENERATE(1, 2, 3, 4);
  const TempDir dir;
  {
    const auto store = open_store(dir.path());
    store->submit(success(0));
    REQUIRE(store->flush());
    FaultyFiles::fail(call, nth, 1, code);
    int sent = 0;
    // A batch of few pages makes few calls: go on until the call that is to fail has come.
    while (FaultyFiles::failed() == 0) {
      REQUIRE(sent < 1000);
      store->submit(success(++sent));
      CHECK(store->flush());
    }
    CHECK(store->stats().written == static_cast<std::uint64_t>(sent) + 1);
    CHECK(store->stats().failed == 0);
    CHECK(rows_of(dir.path()).size() == static_cast<std::size_t>(sent) + 1);
  }
  CHECK(query(dir.path(), "PRAGMA integrity_check") == "ok");
}

TEST_CASE("a batch that keeps failing is counted as failed, and what comes after the disk is back is stored") {
  const FaultyFiles files;
  const auto call = GENERATE(Call::write, Call::sync);
  const TempDir dir;
  const auto store = open_store(dir.path());
  store->submit(success(0));
  REQUIRE(store->flush());
  FaultyFiles::fail(call, 1, kForEver, SQLITE_FULL);
  store->submit(success(1));
  store->submit(success(2, {"new", "series"}));
  CHECK_FALSE(store->flush());
  CHECK(store->stats().failed == 2);
  CHECK(store->stats().written == 1);
  CHECK_FALSE(store->stats().healthy);
  FaultyFiles::heal();
  store->submit(success(3));
  store->submit(success(4, {"new", "series"}));
  CHECK(store->flush());
  CHECK(store->stats().healthy);
  CHECK(starts_of(dir.path()) == std::vector<double>{0, 3});
  CHECK(starts_of(dir.path(), {"new", "series"}) == std::vector<double>{4});
  CHECK(query(dir.path(), "PRAGMA integrity_check") == "ok");
}

TEST_CASE("a run of lost batches is logged when it begins, and with its total when it is over") {
  const FaultyFiles files;
  const TempDir dir;
  const Stderr log(dir.file("stderr"));
  const auto store = open_store(dir.path());
  FaultyFiles::fail(Call::write, 1, kForEver, SQLITE_READONLY);
  for (int second = 1; second <= 3; ++second) {
    store->submit(success(second));
    CHECK_FALSE(store->flush());
  }
  CHECK(log.count("results are lost: the store cannot be written") == 1);
  CHECK(log.count("results are stored again") == 0);
  FaultyFiles::heal();
  store->submit(success(4));
  REQUIRE(store->flush());
  store->submit(success(5));
  REQUIRE(store->flush());
  CHECK(log.count("results are lost: the store cannot be written") == 1);
  CHECK(log.count("results are stored again") == 1);
  CHECK(log.count("lost_results=3") == 1);
}

TEST_CASE("the log says what a lost batch was: health, then clock steps, then results, each once a run") {
  const FaultyFiles files;
  const TempDir dir;
  const Stderr log(dir.file("stderr"));
  const auto store = open_store(dir.path());
  const auto count = [&](const std::string& what) {
    return log.count(what + " are lost: the store cannot be written");
  };
  FaultyFiles::fail(Call::write, 1, kForEver, SQLITE_READONLY);
  const auto fail_twice = [&](const std::function<void(int)>& submit) {
    for (int second = 1; second <= 2; ++second) {
      submit(second);
      CHECK_FALSE(store->flush());
    }
  };
  fail_twice([&](int second) { store->submit_health({"a", 1, 0, 1, at(second), at(0)}); });
  CHECK(count("health states") == 1);
  CHECK(count("results") == 0);
  fail_twice([&](int second) { store->submit_clock_step({"r", at(second), Micros{1}}); });
  CHECK(count("clock steps") == 1);
  fail_twice([&](int second) { store->submit_health({"a", 1, 0, 1, at(second), at(0)}); });
  CHECK(store->stats().failed == 0);
  fail_twice([&](int second) { store->submit(success(second), {"a", 1, 0, 1, at(second), at(0)}); });
  CHECK(count("health states") == 1);
  CHECK(count("clock steps") == 1);
  CHECK(count("results") == 1);
  CHECK(store->stats().failed == 2);
  FaultyFiles::heal();
  store->submit(success(3));
  REQUIRE(store->flush());
  store->submit(success(4));
  REQUIRE(store->flush());
  CHECK(log.count("results are stored again") == 1);
  CHECK(log.count("lost_results=2") == 1);
  CHECK(store->stats().failed == 2);
}

TEST_CASE("an import on a disk that is full says so and keeps nothing") {
  const FaultyFiles files;
  const TempDir dir;
  const auto store = open_store(dir.path());
  FaultyFiles::fail(Call::write, 1, kForEver, SQLITE_FULL);
  double second = 0;
  const auto imported = store->import([&]() -> Expected<std::optional<Result>> {
    if (second == 100) return std::nullopt;
    return success(++second);
  });
  FaultyFiles::heal();
  REQUIRE_FALSE(imported.has_value());
  CHECK(imported.error().text() == dir.file("nines.db") + " cannot be written: database or disk is full");
  CHECK(rows_of(dir.path()).empty());
}

TEST_CASE("a store that cannot be made because the disk is full says so, and is made when there is room") {
  const FaultyFiles files;
  const int nth = GENERATE(1, 2, 3, 5, 8);
  const TempDir dir;
  FaultyFiles::fail(Call::write, nth, kForEver, SQLITE_FULL);
  CHECK(open_fault(dir.path()) == "the store " + dir.file("nines.db") + " cannot be opened: database or disk is full");
  FaultyFiles::heal();
  const auto store = open_store(dir.path());
  store->submit(success(1));
  CHECK(store->flush());
}
