#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <vector>

#include <catch2/catch.hpp>

#include "store/schema.hpp"
#include "tests/store/support.hpp"

using namespace nines::store;
using namespace nines::store::tests;

namespace {

std::vector<Migration> with_steps(std::vector<Migration> more) {
  std::vector<Migration> steps(migrations().begin(), migrations().end());
  steps.insert(steps.end(), more.begin(), more.end());
  return steps;
}

std::string migrate(const std::string& path, const std::vector<Migration>& steps) {
  const auto connection = open_for_writing(path, steps);
  return connection ? "" : connection.error().text();
}

std::string ask(const std::string& path, const std::string& sql) {
  auto connection = Connection::open(path, OpenMode::read_only, std::chrono::seconds(5));
  REQUIRE(connection.has_value());
  const auto answer = connection->text(sql);
  INFO((answer ? std::string() : answer.error().message));
  REQUIRE(answer.has_value());
  return *answer;
}

// A store of the present version with two results.
void make_store(const std::string& data_dir) {
  const auto store = open_store(data_dir);
  store->submit(success(1));
  store->submit(success(2));
}

constexpr Migration kAddNote = "ALTER TABLE result ADD COLUMN note TEXT NOT NULL DEFAULT 'old'";
constexpr Migration kAddTable = "CREATE TABLE added (x INTEGER NOT NULL) STRICT; INSERT INTO added VALUES (42)";

}  // namespace

TEST_CASE("an older store is copied, then taken through every step to the newest version") {
  const TempDir dir;
  make_store(dir.path());
  const auto file = dir.file("nines.db");
  const auto copy = file + ".v" + std::to_string(current_version());
  REQUIRE(migrate(file, with_steps({kAddNote, kAddTable})).empty());
  CHECK(ask(file, "PRAGMA user_version") == std::to_string(current_version() + 2));
  CHECK(ask(file, "SELECT group_concat(note) FROM result") == "old,old");
  CHECK(ask(file, "SELECT x FROM added") == "42");
  CHECK(ask(file, "PRAGMA integrity_check") == "ok");

  CHECK(ask(copy, "PRAGMA user_version") == std::to_string(current_version()));
  CHECK(ask(copy, "SELECT count(*) FROM result") == "2");
  CHECK(ask(copy, "SELECT count(*) FROM pragma_table_info('result') WHERE name = 'note'") == "0");
  CHECK(ask(copy, "PRAGMA integrity_check") == "ok");
  CHECK_FALSE(std::filesystem::exists(copy + ".unfinished"));
  CHECK(std::filesystem::status(copy).permissions() == std::filesystem::status(file).permissions());
}

TEST_CASE("after a migration the file itself tells its version, and this program refuses it") {
  const TempDir dir;
  make_store(dir.path());
  REQUIRE(migrate(dir.file("nines.db"), with_steps({kAddNote})).empty());
  CHECK(read_header(dir.file("nines.db"))->kind == FileKind::newer);
  CHECK_THAT(open_fault(dir.path()), Catch::Contains("is from a newer version of nines"));
}

TEST_CASE("a store of the newest version is neither copied nor changed by opening it") {
  const TempDir dir;
  make_store(dir.path());
  const auto steps = with_steps({kAddNote});
  REQUIRE(migrate(dir.file("nines.db"), steps).empty());
  const auto before = snapshot(dir.path());
  REQUIRE(migrate(dir.file("nines.db"), steps).empty());
  CHECK(snapshot(dir.path()) == before);
}

TEST_CASE("a step that fails leaves the store at the version before it, and opening again goes on from there") {
  const TempDir dir;
  make_store(dir.path());
  const auto file = dir.file("nines.db");
  CHECK(migrate(file, with_steps({kAddNote, "CREATE TABLE half (x); SELECT nonsense"})) ==
        "the store " + file + " cannot be opened: no such column: nonsense");
  CHECK(ask(file, "PRAGMA user_version") == std::to_string(current_version() + 1));
  CHECK(ask(file, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == "0");
  CHECK(ask(file, "SELECT count(*) FROM result") == "2");
  REQUIRE(migrate(file, with_steps({kAddNote, kAddTable})).empty());
  CHECK(ask(file, "SELECT x FROM added") == "42");
}

TEST_CASE("docs/storage.md says which version the layout is, and has every table") {
  std::ostringstream text;
  text << std::ifstream(std::string(NINES_SOURCE_DIR) + "/docs/storage.md").rdbuf();
  const std::string docs = text.str();
  CHECK(docs.contains("| user version (byte 60) | " + std::to_string(current_version()) + " |"));
  const TempDir dir;
  make_store(dir.path());
  std::istringstream tables(ask(dir.file("nines.db"),
                                "SELECT group_concat(name, ' ') FROM sqlite_schema WHERE type = 'table' "
                                "AND name NOT LIKE 'sqlite_%'"));
  int count = 0;
  for (std::string table; tables >> table; ++count) {
    CAPTURE(table);
    const std::regex heading("\\n### [^:\\n]*\\b" + table + "\\b[^:\\n]*:");
    const std::string named = "`" + table + "`";
    CHECK((std::regex_search(docs, heading) || docs.contains(named)));
  }
  CHECK(count > 10);
}
