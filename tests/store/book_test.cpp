#include "store/book.hpp"

#include <csignal>
#include <thread>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

WindowEntry window(const std::string& reason, double from, double to) {
  WindowEntry entry;
  entry.service = "api";
  entry.once = {at(from), at(to)};
  entry.reason = reason;
  entry.author = "ops";
  return entry;
}

WindowEntry weekly(const std::string& schedule) {
  WindowEntry entry = window("weekly", 0, 0);
  entry.once = {};
  entry.schedule = schedule;
  entry.time_zone = "Europe/Berlin";
  return entry;
}

Book open_book(const std::string& data_dir) {
  auto book = Book::open(data_dir);
  INFO((book ? std::string() : book.error().text()));
  REQUIRE(book.has_value());
  return std::move(*book);
}

void load(const std::string& data_dir, const std::vector<WindowEntry>& configured, double now) {
  const auto done = open_book(data_dir).record_windows(configured, at(now));
  INFO((done ? std::string() : done.error().text()));
  REQUIRE(done.has_value());
}

std::vector<WindowEntry> windows_of(const std::string& data_dir) {
  auto windows = open_reader(data_dir)->windows();
  REQUIRE(windows.has_value());
  return *windows;
}

FrozenMonth frozen(int revision, const std::string& contract = {}) {
  FrozenMonth month;
  month.month = "2026-10";
  month.contract = contract;
  month.revision = revision;
  month.made = at(1);
  month.as_of = at(2);
  month.version = "1";
  month.method = "m";
  month.fingerprint = "f";
  month.reason = revision > 1 ? "a window was forgotten" : "";
  month.report = "{}";
  return month;
}

// Freezes revision after revision beside the agent, and tells the pipe of each that is written.
[[noreturn]] void freeze_for_ever(const std::string& data_dir, int revision, int pipe) {
  const std::vector<std::string> ways{"mail", "webhook"};
  for (;; ++revision) {
    auto book = Book::open(data_dir);
    if (!book || !book->freeze(frozen(revision), ways)) _exit(1);
    if (write(pipe, &revision, sizeof revision) != sizeof revision) _exit(2);
  }
}

// Kills it when it has written `count`; the last revision that it told of.
int freeze_and_kill(const std::string& data_dir, int revision, int count) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    freeze_for_ever(data_dir, revision, ends[1]);
  }
  close(ends[1]);
  int told = revision - 1;
  for (int i = 0; i < count; ++i) REQUIRE(read(ends[0], &told, sizeof told) == sizeof told);
  kill(child, SIGKILL);
  for (int more = 0; read(ends[0], &more, sizeof more) == sizeof more;) told = more;
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  return told;
}

}  // namespace

TEST_CASE("each load keeps what it has and ends what it has no more; nothing is deleted") {
  const TempDir dir;
  load(dir.path(), {window("upgrade", 100, 200), weekly("Sun 02:00-03:00")}, 10);
  load(dir.path(), {weekly("Sun 02:00-03:00"), window("upgrade", 100, 200)}, 20);
  CHECK(windows_of(dir.path()).size() == 2);
  load(dir.path(), {window("upgrade", 100, 300), weekly("Mon 02:00-03:00")}, 30);

  const auto all = windows_of(dir.path());
  REQUIRE(all.size() == 4);
  CHECK(all[0].same_window(window("upgrade", 100, 200)));
  CHECK(all[0].entered == at(10));
  for (const int gone : {0, 1}) {
    REQUIRE(all[gone].removed.has_value());
    CHECK(all[gone].removed->at == at(30));
    CHECK_FALSE(all[gone].removed->entirely);
  }
  CHECK(all[2].entered == at(30));
  CHECK_FALSE(all[2].removed.has_value());
  // What the first load knows holds for the time before it; what a later one brings, from then on.
  CHECK(all[1].since == Time::min());
  CHECK(all[3].since == at(30));
}

TEST_CASE("a first load without windows is a load: a schedule that comes later begins then") {
  const TempDir dir;
  CHECK_FALSE(open_store(dir.path())->reader().windows_loaded().value());
  load(dir.path(), {}, 10);
  CHECK(open_reader(dir.path())->windows_loaded().value());
  load(dir.path(), {weekly("Sun 02:00-03:00")}, 20);
  CHECK(windows_of(dir.path()).front().since == at(20));
}

TEST_CASE("a window taken out of the file and put back is entered again; two that are the same are two") {
  const TempDir dir;
  load(dir.path(), {window("a", 1, 2), window("a", 1, 2)}, 10);
  CHECK(windows_of(dir.path()).size() == 2);
  load(dir.path(), {}, 20);
  load(dir.path(), {window("a", 1, 2)}, 30);
  REQUIRE(windows_of(dir.path()).size() == 3);
  CHECK(windows_of(dir.path()).back().entered == at(30));
}

TEST_CASE("what was removed entirely does not come back while the file still has it") {
  const TempDir dir;
  load(dir.path(), {window("wrong day", 1, 2)}, 10);
  REQUIRE(open_book(dir.path()).remove_window(1, {at(15), "ann", "wrong day", true}).has_value());
  load(dir.path(), {window("wrong day", 1, 2)}, 20);
  REQUIRE(windows_of(dir.path()).size() == 1);
  CHECK(windows_of(dir.path()).front().removed == WindowRemoval{at(15), "ann", "wrong day", true});
}

TEST_CASE("loads leave windows that were entered by hand alone, and those are removed once") {
  const TempDir dir;
  auto book = open_book(dir.path());
  const auto id = book.add_window(window("by hand", 100, 200));
  REQUIRE(id.has_value());
  load(dir.path(), {}, 50);
  CHECK_FALSE(windows_of(dir.path()).front().removed.has_value());

  const auto removed = book.remove_window(*id, {at(150), "ann", "done early"});
  REQUIRE(removed.has_value());
  CHECK(removed->removed->author == "ann");
  CHECK(windows_of(dir.path()).front() == *removed);
  const auto again = book.remove_window(*id, {at(160), "bob", "again"});
  REQUIRE_FALSE(again.has_value());
  CHECK_THAT(again.error().text(), Catch::Contains("was removed at 2026-10-01T00:02:30Z by ann"));
  CHECK(book.remove_window(99, {at(1), "a", "b"}).error().text() == "there is no maintenance window 99");
}

TEST_CASE("a book is written beside an agent that writes results, by several at once") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  constexpr int kEach = 20;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 3; ++writer) {
    writers.emplace_back([&dir] {
      for (int i = 0; i < kEach; ++i) {
        auto book = Book::open(dir.path());
        if (book) (void)book->add_window(window("w", i, i + 1));
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    store->submit(success(i));
    if (i % 10 == 0) store->flush();
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(store->flush());
  CHECK(store->stats().failed == 0);
  CHECK(rows_of(dir.path()).size() == 300);
  CHECK(windows_of(dir.path()).size() == 3 * kEach);
}

TEST_CASE("revisions of a frozen month are numbered in turn; a number that is taken writes nothing") {
  const TempDir dir;
  auto book = open_book(dir.path());
  const std::vector<std::string> ways{"mail", "webhook"};
  REQUIRE(book.freeze(frozen(1), ways).has_value());
  REQUIRE(book.freeze(frozen(2), {}).has_value());
  REQUIRE(book.freeze(frozen(1, "acme"), {}).has_value());
  for (const int taken : {1, 2, 4}) {
    const auto refused = book.freeze(frozen(taken), ways);
    REQUIRE_FALSE(refused.has_value());
    CHECK_THAT(refused.error().text(), Catch::Contains("revision 2 of 2026-10 was written meanwhile"));
  }
  auto reader = open_reader(dir.path());
  const auto months = reader->frozen();
  REQUIRE(months->size() == 3);
  CHECK((*months)[1].revision == 2);
  CHECK((*months)[1].reason == "a window was forgotten");
  CHECK((*months)[2].contract == "acme");
  CHECK(reader->deliveries()->size() == 2);
}

TEST_CASE("a delivery keeps its tries and its end") {
  const TempDir dir;
  auto book = open_book(dir.path());
  const auto month = book.freeze(frozen(1), std::vector<std::string>{"mail"});
  REQUIRE(month.has_value());
  Delivery delivery{month->id, "mail", 3, at(60), std::nullopt, "no answer"};
  REQUIRE(book.update(delivery).has_value());
  CHECK(open_reader(dir.path())->deliveries()->front() == delivery);
  delivery.ended = at(70);
  delivery.trouble = "";
  REQUIRE(book.update(delivery).has_value());
  CHECK(open_reader(dir.path())->deliveries()->front() == delivery);
}

TEST_CASE("a kill while a month is frozen leaves whole revisions with all that is to be sent, and none is lost") {
  const TempDir dir;
  open_store(dir.path());
  int told = 0;
  for (int kills = 0; kills < 100; ++kills) {
    told = freeze_and_kill(dir.path(), static_cast<int>(open_reader(dir.path())->frozen()->size()) + 1, kills % 3);
    auto reader = open_reader(dir.path());
    const auto months = reader->frozen();
    REQUIRE(months.has_value());
    REQUIRE(static_cast<int>(months->size()) >= told);
    REQUIRE(reader->deliveries()->size() == 2 * months->size());
    for (std::size_t i = 0; i < months->size(); ++i) REQUIRE((*months)[i].revision == static_cast<int>(i) + 1);
  }
  CHECK(told > 50);
  CHECK(query(dir.path(), "PRAGMA integrity_check") == "ok");
}
