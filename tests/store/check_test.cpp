#include "store/check.hpp"

#include <filesystem>

#include <catch2/catch.hpp>

#include "store/backup.hpp"
#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

const auto kQuiet = [](auto, auto, auto) {};

// Three sealed hours and an hour that is not, of two series.
void fill(const std::string& data_dir) {
  const SetClock clock(at(3 * 3600 + 1800));
  const auto store = open_at(data_dir, clock);
  for (const auto& key : {kKey, SeriesKey{"other", "eu"}}) {
    for (int i = 0; i < 400; ++i) store->submit(success(30.0 * i, key));
  }
  auto failed = failure(12'345);
  failed.evidence.message = "expected 200, got 503";
  failed.evidence.attempts = {{at(12'344), Micros(9), {Reason::connect_reset, "reset"}}};
  store->submit(failed);
  REQUIRE(store->flush());
  tidy(*store);
}

}  // namespace

TEST_CASE("a whole store passes its check, which counts what is there") {
  const TempDir dir;
  fill(dir.path());
  const auto checked = check_store(dir.file(kFileName), kQuiet);
  REQUIRE(checked.has_value());
  CHECK(checked->faults.empty());
  CHECK(checked->results == 801);
  CHECK(checked->hours == 6);
}

TEST_CASE("a check finds what was changed behind the store's back") {
  struct Case {
    const char* change;
    const char* told;
  };
  const auto one = GENERATE(values<Case>({
      {"UPDATE chunk SET failures = 1 WHERE id = 1", "tasks-api in us-east-1, the hour from 2026-10-01T00:00:00Z: "},
      {"UPDATE chunk SET rest = CAST(substr(rest, 1, 20) || x'55' || substr(rest, 22) AS BLOB) WHERE id = 2",
       "its results do not have the checksum"},
      {"UPDATE chunk SET durations = x'' WHERE id = 2", "its durations do not have the checksum"},
      {"UPDATE chunk SET series = 9 WHERE id = 3", "there is no such series"},
      {"UPDATE chunk SET hour = hour + 100 WHERE id = 3", "checksum"},
      {"INSERT INTO result SELECT 1, 1790812800000000, duration, measured, interval, resolve, connect, tls, "
       "processing, "
       "transfer, status, reason, first_reason, attempts, origin FROM result LIMIT 1",
       "tasks-api in us-east-1 at 2026-10-01T00:00:00.000000Z: the result is there twice"},
      {"UPDATE result SET origin = 7 WHERE start = (SELECT max(start) FROM result)",
       "results that are not sealed have values out of range"},
      {"UPDATE evidence SET series = 50", "1 rows of `evidence` are of a series that is not there"},
      {"UPDATE attempt SET series = 50", "1 rows of `attempt` are of a series that is not there"},
      {"DELETE FROM series WHERE id = 2", "rows of `result` are of a series that is not there"},
  }));
  const TempDir dir;
  fill(dir.path());
  execute(dir.path(), one.change);
  const auto faults = faults_of(dir.path());
  INFO(one.change);
  REQUIRE_FALSE(faults.empty());
  std::string all;
  for (const auto& fault : faults) all += fault + "\n";
  CHECK_THAT(all, Catch::Contains(one.told));
}

TEST_CASE("a backup is made while the store is written to, is whole, and holds what was durable before it") {
  const TempDir dir;
  const TempDir elsewhere;
  fill(dir.path());
  const auto store = open_store(dir.path());
  store->submit(success(20'000));
  REQUIRE(store->flush());
  const auto file = elsewhere.file(kFileName);
  const auto copied = backup(dir.path(), file, kQuiet);
  INFO((copied ? std::string() : copied.error().text()));
  REQUIRE(copied.has_value());
  CHECK(copied->results == 802);
  store->submit(success(20'030));
  REQUIRE(store->flush());
  CHECK_FALSE(std::filesystem::exists(file + ".unfinished"));
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
  // It is a store.
  CHECK(faults_of(elsewhere.path()).empty());
  auto before = starts_of(dir.path());
  before.pop_back();
  CHECK(starts_of(elsewhere.path()) == before);
  const auto again = open_store(elsewhere.path());
  CHECK(again->submit(success(20'030)));
  CHECK(again->flush());
}

TEST_CASE("a backup replaces nothing, and leaves nothing behind when it fails") {
  const TempDir dir;
  const TempDir elsewhere;
  fill(dir.path());
  const auto file = elsewhere.file("copy");
  REQUIRE(backup(dir.path(), file, kQuiet));
  const auto before = snapshot(elsewhere.path());
  const auto refused = backup(dir.path(), file, kQuiet);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().text() == file + " is there already: expected a name for a new file");
  CHECK(snapshot(elsewhere.path()) == before);

  execute(dir.path(), "UPDATE chunk SET durations = x'00' WHERE id = 2");
  const auto damaged = backup(dir.path(), elsewhere.file("other"), kQuiet);
  REQUIRE_FALSE(damaged.has_value());
  CHECK_THAT(damaged.error().text(), Catch::Contains("the copy is not whole"));
  CHECK_FALSE(backup(dir.path(), elsewhere.file("none/copy"), kQuiet).has_value());
  CHECK(snapshot(elsewhere.path()) == before);
  CHECK_THAT(backup(elsewhere.path(), elsewhere.file("x"), kQuiet).error().text(), Catch::Contains("holds no store"));
}
