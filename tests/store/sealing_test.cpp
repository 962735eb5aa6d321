#include <algorithm>
#include <random>
#include <sstream>
#include <thread>

#include <catch2/catch.hpp>

#include "store/jsonl.hpp"
#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

std::string exported(Reader& reader, const Period& period = kEver) {
  std::ostringstream out;
  REQUIRE(export_jsonl(reader, period, out));
  return out.str();
}

std::string count(const TempDir& dir, const std::string& table) {
  return query(dir.path(), "SELECT count(*) FROM " + table);
}

constexpr double kDay = 86'400;

// Any of the things that results are, within a day, often at the same moments.
Result any_result(std::mt19937& random) {
  const auto one_of = [&](auto... values) {
    const std::common_type_t<decltype(values)...> all[] = {values...};
    return all[random() % std::size(all)];
  };
  const SeriesKey key{one_of("a", "b"), one_of("eu", "us")};
  const double seconds = 30.0 * static_cast<double>(random() % 2880) + one_of(0.0, 0.0, 0.0, 0.25);
  auto result = success(seconds, key);
  if (random() % 4 == 0) result = failure(seconds, one_of(Reason::http_status, Reason::agent_network), key);
  if (random() % 16 == 0) result.row.origin = Origin::gate;
  if (random() % 16 == 0) result.row.duration += Micros(random() % 1000);
  if (random() % 32 == 0) {
    result.row.attempts = 2;
    result.row.first_reason = Reason::connect_refused;
  }
  return result;
}

// Hours as visit_hours() gives them, held against rows one by one.
void check_hours(Reader& reader, const SeriesKey& key, const Period& period) {
  std::vector<ResultRow> all;
  REQUIRE(reader.visit(period, [&](const Result& result) {
    if (result.key == key) all.push_back(result.row);
    return true;
  }));
  std::size_t seen = 0;
  const auto check = [&](const StoredHour& hour) {
    const auto count = static_cast<std::size_t>(hour.summary.count);
    REQUIRE(count > 0);
    REQUIRE(count <= all.size() - seen);
    const std::span<const ResultRow> rows(all.data() + seen, count);
    REQUIRE(hour.summary == summarize(rows));
    if (hour.plain) {
      REQUIRE(std::ranges::all_of(rows, is_plain));
      REQUIRE(std::ranges::equal(hour.durations, rows, {}, {}, &ResultRow::duration));
    } else {
      REQUIRE(std::ranges::equal(hour.rows, rows));
    }
    seen += count;
    return true;
  };
  REQUIRE(reader.visit_hours(key, period, HourContent::durations, check));
  REQUIRE(seen == all.size());
}

void check_same_answers(Reader& a, Reader& b, std::mt19937& random) {
  REQUIRE(a.series().value() == b.series().value());
  for (const auto& key : b.series().value()) {
    REQUIRE(a.extent(key).value() == b.extent(key).value());
    for (int i = 0; i < 8; ++i) {
      const Time from = at(30.0 * static_cast<double>(random() % 3000));
      const Time to = from + std::chrono::seconds(random() % 20'000);
      REQUIRE(a.rows(key, {from, to}).value() == b.rows(key, {from, to}).value());
      REQUIRE(a.run_start(key, from).value() == b.run_start(key, from).value());
      REQUIRE(a.last_success_before(key, from).value() == b.last_success_before(key, from).value());
      REQUIRE(a.first_success_from(key, from).value() == b.first_success_from(key, from).value());
    }
    for (const auto& period : {kEver, Period{at(5000), at(50'000)}}) {
      check_hours(a, key, period);
      check_hours(b, key, period);
    }
    REQUIRE(a.run_start(key, Time::max()).value() == b.run_start(key, Time::max()).value());
    REQUIRE(a.first_success_from(key, Time::min()).value() == b.first_success_from(key, Time::min()).value());
  }
}

}  // namespace

TEST_CASE("hours that are over are sealed ten minutes later, and results read the same as before") {
  const TempDir dir;
  SetClock clock(at(3600 + 599));
  const auto store = open_at(dir.path(), clock);
  for (int i = 0; i < 140; ++i) store->submit(i % 7 == 0 ? failure(30.0 * i) : success(30.0 * i));
  REQUIRE(store->flush());
  auto reader = store->reader();
  const auto before = exported(reader);
  tidy(*store);
  CHECK(count(dir, "chunk") == "0");
  clock.set(at(3600 + 600));
  tidy(*store);
  CHECK(count(dir, "chunk") == "1");
  CHECK(count(dir, "result") == "20");
  CHECK(exported(reader) == before);
}

TEST_CASE("a result that comes late joins its sealed hour; another of the same time is refused") {
  const TempDir dir;
  SetClock clock(at(kDay));
  const auto store = open_at(dir.path(), clock);
  store->submit(success(0));
  store->submit(success(60));
  REQUIRE(store->flush());
  tidy(*store);
  REQUIRE(count(dir, "result") == "0");

  store->submit(success(30));
  store->submit(success(60));  // the same again
  CHECK(store->flush());
  store->submit(failure(60));
  CHECK_FALSE(store->flush());
  CHECK(store->stats().failed == 1);
  CHECK(count(dir, "result") == "1");
  CHECK(starts_of(dir.path()) == std::vector<double>{0, 30, 60});
  tidy(*store);
  CHECK(count(dir, "chunk") == "1");
  CHECK(count(dir, "result") == "0");
  CHECK(starts_of(dir.path()) == std::vector<double>{0, 30, 60});
  store->submit(failure(30));
  CHECK_FALSE(store->flush());
}

TEST_CASE("an import into sealed hours knows what is there, and names what differs") {
  const TempDir dir;
  SetClock clock(at(kDay));
  const auto store = open_at(dir.path(), clock);
  std::ostringstream lines;
  for (int i = 0; i < 300; ++i) lines << format_result_line(success(30.0 * i)) << '\n';
  std::istringstream first(lines.str());
  CHECK(import_jsonl(*store, first, "x")->added == 300);
  tidy(*store);
  CHECK(count(dir, "result") == "0");
  std::istringstream again(lines.str() + format_result_line(success(45)) + "\n");
  const auto imported = import_jsonl(*store, again, "x");
  CHECK(imported->unchanged == 300);
  CHECK(imported->added == 1);
  std::istringstream other(format_result_line(failure(60)));
  const auto refused = import_jsonl(*store, other, "x");
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().text(), Catch::Contains("x:1: ") && Catch::Contains("with another `success`"));
}

TEST_CASE("a store that seals at any moment answers as one that never does") {
  std::mt19937 random(GENERATE(1u, 2u, 3u, 4u));
  const TempDir sealing_dir;
  const TempDir plain_dir;
  SetClock clock(at(0));
  SetClock never(at(0));
  const auto sealing = open_at(sealing_dir.path(), clock);
  const auto plain = open_at(plain_dir.path(), never);
  for (int step = 0; step < 60; ++step) {
    std::vector<Result> batch(1 + random() % 120);
    std::ranges::generate(batch, [&] { return any_result(random); });
    if (random() % 3 == 0) {
      // All or none.
      for (auto* store : {sealing.get(), plain.get()}) {
        std::size_t next = 0;
        (void)store->import([&]() -> Expected<std::optional<Result>> {
          return next < batch.size() ? std::optional(batch[next++]) : std::nullopt;
        });
      }
    } else {
      for (auto* store : {sealing.get(), plain.get()}) {
        for (const auto& result : batch) store->submit(result);
        store->flush();
      }
    }
    REQUIRE(sealing->stats().written == plain->stats().written);
    REQUIRE(sealing->stats().failed == plain->stats().failed);
    if (random() % 3 == 0) {
      clock.set(std::max(clock.now(), at(static_cast<double>(random() % 100'000))));
      tidy(*sealing);
    }
    if (step % 10 != 9) continue;
    auto a = sealing->reader();
    auto b = plain->reader();
    REQUIRE(exported(a) == exported(b));
    const Period some{at(static_cast<double>(random() % 50'000)), at(40'000 + static_cast<double>(random() % 50'000))};
    REQUIRE(exported(a, some) == exported(b, some));
    check_same_answers(a, b, random);
  }
  clock.set(at(10 * kDay));
  tidy(*sealing);
  CHECK(count(sealing_dir, "result") == "0");
  CHECK(count(plain_dir, "chunk") == "0");
  auto a = sealing->reader();
  auto b = plain->reader();
  CHECK(exported(a) == exported(b));
  check_same_answers(a, b, random);
}

TEST_CASE("a sealed hour of plain results is told by its summary and its durations") {
  const TempDir dir;
  SetClock clock(at(kDay));
  const auto store = open_at(dir.path(), clock);
  for (int i = 0; i < 360; ++i) store->submit(i == 200 ? failure(30.0 * i) : success(30.0 * i));
  auto journey = success(3 * 3600);
  journey.row.measured = Micros(5);
  store->submit(journey);
  REQUIRE(store->flush());
  tidy(*store);
  auto reader = store->reader();
  std::vector<std::string> seen;
  const auto note = [&](const StoredHour& hour) {
    seen.push_back(std::to_string(hour.plain) + " " + std::to_string(hour.durations.size()) + " " +
                   std::to_string(hour.measured.size()) + " " + std::to_string(hour.rows.size()));
    return seen.size() < 9;
  };
  REQUIRE(reader.visit_hours(kKey, {at(1800), at(kDay)}, HourContent::durations, note));
  // The first is cut by the period, the second holds a failure.
  CHECK(seen == std::vector<std::string>{"0 0 0 60", "0 0 0 120", "1 120 0 0", "1 1 1 0"});
  seen.clear();
  REQUIRE(reader.visit_hours(kKey, kEver, HourContent::summaries, note));
  CHECK(seen == std::vector<std::string>{"1 0 0 0", "0 0 0 120", "1 0 0 0", "1 0 0 0"});
}

TEST_CASE("an hour that is damaged is told of, and does not stop what comes in") {
  const TempDir dir;
  SetClock clock(at(kDay));
  const auto store = open_at(dir.path(), clock);
  store->submit(success(0));
  store->submit(success(4000));
  REQUIRE(store->flush());
  tidy(*store);
  execute(dir.path(), "UPDATE chunk SET durations = zeroblob(9) WHERE hour = (SELECT min(hour) FROM chunk)");
  store->submit(success(30));
  store->submit(success(4030));
  REQUIRE(store->flush());
  tidy(*store);
  CHECK(count(dir, "result") == "1");
  auto reader = store->reader();
  const auto rows = reader.rows(kKey, kEver);
  REQUIRE_FALSE(rows.has_value());
  CHECK_THAT(rows.error().text(), Catch::Contains("from 2026-10-01T00:00:00Z is damaged: its durations do not have"));
  CHECK(reader.rows(kKey, {at(3600), at(7200)})->size() == 2);
}

TEST_CASE("the writer's thread seals by itself") {
  const TempDir dir;
  SetClock clock(at(kDay));
  auto store = Store::open({.data_dir = dir.path(), .clock = &clock, .tidy_every = std::chrono::milliseconds(1)});
  REQUIRE(store.has_value());
  (*store)->submit(success(0));
  REQUIRE((*store)->flush());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (count(dir, "chunk") != "1" && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(count(dir, "chunk") == "1");
  CHECK(starts_of(dir.path()) == std::vector<double>{0});
}
