#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr double kDay = 86'400;

Result failed(double seconds, const SeriesKey& key = kKey, std::size_t body = 10) {
  auto result = failure(seconds, Reason::http_status, key);
  result.evidence.message = "expected 200, got 503";
  result.evidence.body = std::string(body, 'x');
  result.evidence.attempts = {{at(seconds), Micros(1), {Reason::connect_reset, "reset"}}};
  return result;
}

std::string count(const TempDir& dir, const std::string& table) {
  return query(dir.path(), "SELECT count(*) FROM " + table);
}

}  // namespace

TEST_CASE("results go when they are older than retention keeps, a whole hour at a time, sealed or not") {
  const TempDir dir;
  SetClock clock(at(0));
  const auto store = open_at(dir.path(), clock);
  for (int i = 0; i < 10; ++i) store->submit(success(1800.0 * i));
  REQUIRE(store->flush());
  // Of five hours four are over.
  clock.set(at(5 * 3600 - 1));
  tidy(*store);
  REQUIRE(count(dir, "chunk") == "4");
  store->set_retention({.results = hours(3)});
  tidy(*store);
  // What is older than 01:59:59 goes, but for the hour that it is in.
  CHECK(starts_of(dir.path()) == std::vector<double>{3600, 5400, 7200, 9000, 10'800, 12'600, 14'400, 16'200});
  clock.set(at(10 * 3600));
  tidy(*store);
  CHECK(starts_of(dir.path()).empty());
  CHECK(faults_of(dir.path()).empty());
}

TEST_CASE("evidence goes by an age of its own, and not later than its result") {
  const TempDir dir;
  SetClock clock(at(9 * kDay));
  const auto store = open_at(dir.path(), clock);
  for (int day = 0; day < 9; ++day) {
    store->submit(failed(day * kDay));
    store->submit(success(day * kDay + 60));
  }
  REQUIRE(store->flush());
  store->set_retention({.results = days(6), .evidence = days(3)});
  tidy(*store);
  CHECK(starts_of(dir.path()).size() == 12);
  CHECK(count(dir, "evidence") == "3");
  CHECK(count(dir, "attempt") == "3");
  store->set_retention({.results = days(2), .evidence = days(8)});
  tidy(*store);
  CHECK(starts_of(dir.path()).size() == 4);
  CHECK(count(dir, "evidence") == "2");
}

TEST_CASE("a failure run that goes on is kept whole, however old; one of a check that is gone is not") {
  const TempDir dir;
  SetClock clock(at(9 * kDay));
  const auto store = open_at(dir.path(), clock);
  const SeriesKey gone{"gone", "us-east-1"};
  store->submit(success(0));
  store->submit(failed(0, gone));
  for (int hour = 24; hour < 9 * 24; ++hour) store->submit(failed(3600.0 * hour));
  REQUIRE(store->flush());
  store->set_retention({.results = days(2)});
  tidy(*store);
  auto reader = store->reader();
  CHECK(reader.extent(kKey).value()->from == at(kDay));
  CHECK(reader.run_start(kKey, Time::max()).value() == at(kDay));
  CHECK_FALSE(reader.extent(gone).value().has_value());
  // Once it is over, what is old goes.
  store->submit(success(9 * kDay - 60));
  REQUIRE(store->flush());
  clock.set(at(9 * kDay + 7200));
  tidy(*store);
  CHECK(reader.extent(kKey).value()->from == at(7 * kDay + 7200));
}

TEST_CASE("where there is no room the oldest results of all series go first, and the file becomes smaller") {
  const TempDir dir;
  SetClock clock(at(6 * kDay));
  constexpr std::int64_t kRoom = 8'000'000;
  const auto store = open_at(dir.path(), clock);
  for (const auto& key : {kKey, SeriesKey{"other", "eu"}}) {
    for (int i = 0; i < 6 * 24 * 12; ++i) store->submit(failed(300.0 * i, key, 4000));
  }
  REQUIRE(store->flush());
  tidy(*store);
  const auto size = [&] { return std::stoll(query(dir.path(), "PRAGMA page_count")) * 16'384; };
  REQUIRE(size() > 14'000'000);
  store->set_retention({.max_bytes = kRoom});
  tidy(*store);
  CHECK(size() <= kRoom);
  const auto left = starts_of(dir.path());
  REQUIRE_FALSE(left.empty());
  CHECK(left.back() == 300.0 * (6 * 24 * 12 - 1));
  CHECK(left.front() >= kDay);
  CHECK(starts_of(dir.path(), {"other", "eu"}) == left);
  CHECK(faults_of(dir.path()).empty());
  // No more than that is asked for.
  const auto before = count(dir, "chunk");
  tidy(*store);
  CHECK(count(dir, "chunk") == before);
}
