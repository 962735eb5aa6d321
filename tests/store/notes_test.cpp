// What people write about outages, beside an agent that has the store open.

#include "store/notes.hpp"

#include <catch2/catch.hpp>

#include "store/store.hpp"
#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using tests::at;

namespace {

OutageNote note(int from, int to, const std::string& text = "a note") {
  return {.id = 0,
          .incident = "web-20261001T000000Z",
          .subject = "web",
          .journey = false,
          .extent = {at(from), at(to)},
          .cause = false,
          .text = text,
          .author = "ann",
          .at = at(to + 60)};
}

std::vector<std::string> texts(const Expected<std::vector<OutageNote>>& notes) {
  REQUIRE(notes);
  std::vector<std::string> all;
  for (const OutageNote& one : *notes) all.push_back(one.text);
  return all;
}

}  // namespace

TEST_CASE("notes are written beside an agent that holds the store, and read in the order in which they were written") {
  const tests::TempDir directory;
  const std::string dir = directory.file("data");
  CHECK_FALSE(read_notes(dir, Period{at(0), at(100)}));
  const auto agent = Store::open({.data_dir = dir});
  REQUIRE(agent);
  auto book = NoteBook::open(dir);
  REQUIRE(book);
  OutageNote cause = note(10, 20, "it was DNS");
  cause.cause = true;
  cause.journey = true;
  cause.at = at(5);
  CHECK(**book->add(note(10, 20), 9) == 1);
  CHECK(**book->add(cause, 9) == 2);
  CHECK(**book->add(note(50, 60, "another"), 9) == 3);
  const auto all = read_notes(dir, Period{at(0), at(100)});
  CHECK(texts(all) == std::vector<std::string>{"it was DNS", "a note", "another"});
  cause.id = 2;
  CHECK(all->front() == cause);
}

TEST_CASE("a note is of the outages that its own touches") {
  const tests::TempDir directory;
  const std::string dir = directory.file("data");
  auto book = NoteBook::open(dir);
  REQUIRE(book);
  REQUIRE(book->add(note(10, 20), 9));
  const auto found = [&](int from, int to) { return read_notes(dir, Period{at(from), at(to)})->size(); };
  CHECK(found(0, 10) == 0);
  CHECK(found(0, 11) == 1);
  CHECK(found(19, 30) == 1);
  CHECK(found(20, 30) == 0);
  CHECK(texts(read_notes(dir, "web-20261001T000000Z")).size() == 1);
  CHECK(texts(read_notes(dir, "web-20261001T000001Z")).empty());

  const OutageNote one = note(10, 20);
  CHECK(one.about("web", false, {at(19), at(30)}));
  CHECK_FALSE(one.about("web", false, {at(20), at(30)}));
  CHECK_FALSE(one.about("web", true, {at(10), at(20)}));
  CHECK_FALSE(one.about("api", false, {at(10), at(20)}));
}

TEST_CASE("no more notes of one outage are kept than the caller says") {
  const tests::TempDir directory;
  auto book = NoteBook::open(directory.file("data"));
  REQUIRE(book);
  REQUIRE(book->add(note(10, 20), 2)->has_value());
  REQUIRE(book->add(note(15, 30), 2)->has_value());
  CHECK_FALSE(book->add(note(12, 18), 2)->has_value());
  CHECK(book->add(note(40, 50), 2)->has_value());
  OutageNote other = note(12, 18);
  other.subject = "api";
  CHECK(book->add(other, 2)->has_value());
}

TEST_CASE("retention leaves notes alone") {
  const tests::TempDir directory;
  const std::string dir = directory.file("data");
  StoreOptions options{.data_dir = dir};
  options.retention.results = std::chrono::hours(1);
  options.retention.evidence = std::chrono::hours(1);
  const auto agent = Store::open(std::move(options));
  REQUIRE(agent);
  auto book = NoteBook::open(dir);
  REQUIRE(book);
  REQUIRE(book->add(note(10, 20), 9));
  REQUIRE((*agent)->tidy());
  CHECK(texts(read_notes(dir, Period{at(0), at(100)})).size() == 1);
}
