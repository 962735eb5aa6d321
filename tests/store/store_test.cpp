#include "store/store.hpp"

#include <catch2/catch.hpp>

#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

Result full_result() {
  Result result{kKey, {}, {}};
  result.row = {.start = at(1.000001),
                .duration = Micros{1},
                .measured = Micros{2},
                .interval = Micros{3},
                .phases = {Micros{4}, Micros{5}, Micros{6}, Micros{7}, Micros{8}},
                .status = 599,
                .reason = Reason::agent_network,
                .first_reason = Reason::dns_nxdomain,
                .attempts = 255,
                .origin = Origin::manual};
  result.evidence = {.message = "expected 200, got 599",
                     .address = "192.0.2.7:443",
                     .failed_step = "login",
                     .headers = "A: b\r\n",
                     .body = std::string("a\0\xff", 3),
                     .trace_id = "t",
                     .correlation_id = "c",
                     .attempts = {{at(1), Micros{9}, {Reason::dns_nxdomain, "no such name"}},
                                  {at(1.5), Micros{10}, {Reason::connect_reset, "reset"}}}};
  return result;
}

SettingsEntry settings(const std::string& check, double seconds) {
  SettingsEntry entry;
  entry.check = check;
  entry.from = at(seconds);
  entry.interval = Micros{30'000'000};
  entry.stale_after = Micros{75'000'000};
  entry.service = "gateway";
  return entry;
}

class FixedClock : public Clock {
 public:
  Time now() const override { return at(99); }
  std::chrono::nanoseconds monotonic() const override { return {}; }
};

}  // namespace

TEST_CASE("a result comes back as it was submitted") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  const auto result = full_result();
  REQUIRE(store->submit(result));
  REQUIRE(store->flush());
  auto reader = store->reader();
  CHECK(reader.rows(kKey, kEver).value().empty());
  CHECK(rows_of(dir.path()) == std::vector{result.row});
  CHECK(store->stats().written == 1);
  CHECK(store->stats().queued == 0);
  CHECK(store->stats().failed == 0);
  CHECK(store->stats().healthy);
}

TEST_CASE("evidence comes back as it was submitted, with the earlier attempts in order") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  const auto result = full_result();
  store->submit(result);
  store->submit(success(2));
  store->submit(failure(3));
  REQUIRE(store->flush());
  const auto found = store->reader().evidence(kKey, kEver, 10).value();
  REQUIRE(found.size() == 1);
  const auto& evidence = found[0].evidence;
  CHECK(found[0].key == kKey);
  CHECK(found[0].start == result.row.start);
  CHECK(evidence.message == result.evidence.message);
  CHECK(evidence.address == result.evidence.address);
  CHECK(evidence.failed_step == result.evidence.failed_step);
  CHECK(evidence.headers == result.evidence.headers);
  CHECK(evidence.body == result.evidence.body);
  CHECK(evidence.trace_id == result.evidence.trace_id);
  CHECK(evidence.correlation_id == result.evidence.correlation_id);
  REQUIRE(evidence.attempts.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(evidence.attempts[i].start == result.evidence.attempts[i].start);
    CHECK(evidence.attempts[i].duration == result.evidence.attempts[i].duration);
    CHECK(evidence.attempts[i].outcome == result.evidence.attempts[i].outcome);
  }
  CHECK(store->reader().evidence(kKey, {at(1.000002), at(9)}, 10).value().empty());
  CHECK(store->reader().evidence(kKey, kEver, 0).value().empty());
}

TEST_CASE("rows come in order of start whatever the order of arrival, and the period is half-open") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  for (const double second : {5, 1, 4, 2, 3}) store->submit(success(second));
  store->submit(success(2.5, {"tasks-api", "eu-west-1"}));
  store->submit(success(2.5, {"other", "us-east-1"}));
  REQUIRE(store->flush());
  CHECK(starts_of(dir.path()) == std::vector<double>{1, 2, 3, 4, 5});
  auto reader = store->reader();
  const auto inside = reader.rows(kKey, {at(2), at(4)}).value();
  REQUIRE(inside.size() == 2);
  CHECK(inside.front().start == at(2));
  CHECK(inside.back().start == at(3));
  CHECK(reader.rows({"nobody", "nowhere"}, kEver).value().empty());
  CHECK(reader.series().value() ==
        std::vector<SeriesKey>{{"other", "us-east-1"}, {"tasks-api", "eu-west-1"}, {"tasks-api", "us-east-1"}});
  CHECK(reader.extent(kKey).value() == Period{at(1), at(5)});
  CHECK_FALSE(reader.extent({"nobody", "nowhere"}).value().has_value());
}

TEST_CASE("a visit sees check, region and start in order, and stops when told") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  for (const auto& key : {SeriesKey{"b", "r"}, SeriesKey{"a", "s"}, SeriesKey{"a", "r"}}) {
    store->submit(success(2, key));
    store->submit(success(1, key));
  }
  REQUIRE(store->flush());
  std::vector<std::string> seen;
  const auto note = [&](const Result& result) {
    seen.push_back(result.key.check + result.key.region + format_time(result.row.start, 0).substr(18, 1));
    return seen.size() < 5;
  };
  REQUIRE(store->reader().visit(kEver, note));
  CHECK(seen == std::vector<std::string>{"ar1", "ar2", "as1", "as2", "br1"});
}

TEST_CASE("a failure run begins after the last success, agent faults and other origins aside") {
  const auto manual = [](Result result) {
    result.row.origin = Origin::manual;
    return result;
  };
  struct Case {
    std::string what;
    std::vector<Result> results;
    std::optional<Time> start;
  };
  const std::vector<Case> cases = {
      {"no rows", {}, std::nullopt},
      {"a success", {failure(1), success(2)}, std::nullopt},
      {"one failure", {success(1), failure(2)}, at(2)},
      {"failures from the beginning", {failure(1), failure(2)}, at(1)},
      {"a void inside", {success(1), failure(2), failure(3, Reason::agent_network), failure(4)}, at(2)},
      {"a void at the end", {success(1), failure(2), failure(3, Reason::agent_error)}, at(2)},
      {"a void first", {success(1), failure(2, Reason::agent_error), failure(3)}, at(3)},
      {"only voids after a success", {success(1), failure(2, Reason::agent_error)}, std::nullopt},
      {"a success by hand", {success(1), failure(2), manual(success(3)), failure(4)}, at(2)},
      {"a success at the moment asked for", {failure(8), success(10)}, at(8)},
      {"a failure at the moment asked for", {success(8), failure(10)}, std::nullopt},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    const TempDir dir;
    const auto store = open_store(dir.path());
    for (const auto& result : one.results) store->submit(result);
    REQUIRE(store->flush());
    CHECK(store->reader().run_start(kKey, at(10)).value() == one.start);
  }
}

TEST_CASE("the successes next to a moment are found, those of other origins and series aside") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  auto by_hand = success(5);
  by_hand.row.origin = Origin::manual;
  for (const auto& result : {success(2), failure(3), failure(4), by_hand, success(5.5, {"other", "r"}), failure(6),
                             success(7), success(8), success(1)}) {
    store->submit(result);
  }
  REQUIRE(store->flush());
  auto reader = store->reader();
  CHECK(reader.last_success_before(kKey, at(6)).value() == at(2));
  CHECK(reader.last_success_before(kKey, at(2)).value() == at(1));
  CHECK(reader.last_success_before(kKey, at(1)).value() == std::nullopt);
  CHECK(reader.first_success_from(kKey, at(3)).value() == at(7));
  CHECK(reader.first_success_from(kKey, at(7)).value() == at(7));
  CHECK(reader.first_success_from(kKey, at(9)).value() == std::nullopt);
  CHECK(reader.first_success_from({"nobody", "nowhere"}, at(0)).value() == std::nullopt);
}

TEST_CASE("a second result of the same start is refused and counted, and the rest of its batch is kept") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  store->submit(success(1));
  store->submit(failure(1));
  store->submit(success(2));
  CHECK_FALSE(store->flush());
  CHECK(store->stats().written == 2);
  CHECK(store->stats().failed == 1);
  const auto rows = rows_of(dir.path());
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].success());
  store->submit(success(3));
  CHECK(store->flush());
}

TEST_CASE("the same result again counts as stored") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  store->submit(success(1));
  store->submit(success(1));
  CHECK(store->flush());
  CHECK(store->stats().written == 2);
  CHECK(rows_of(dir.path()).size() == 1);
}

TEST_CASE("a run of one attempt has its reason as first reason") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  auto result = failure(1, Reason::connect_refused);
  result.row.first_reason = Reason::none;
  store->submit(result);
  REQUIRE(store->flush());
  CHECK(rows_of(dir.path()).at(0).first_reason == Reason::connect_refused);
}

TEST_CASE("what does not fit into the queue is refused and counted, and probing goes on") {
  const TempDir dir;
  const auto store = open_store(dir.path(), 10);
  int taken = 0;
  int refused = 0;
  // An import keeps the writer waiting, so that the queue cannot move while it is filled.
  const auto imported = store->import([&]() -> Expected<std::optional<Result>> {
    for (int i = 0; i < 25; ++i) ++(store->submit(success(i)) ? taken : refused);
    CHECK(store->stats().queued == 10);
    return std::nullopt;
  });
  REQUIRE(imported.has_value());
  CHECK(taken == 10);
  CHECK(refused == 15);
  CHECK(store->flush());
  CHECK(store->stats().written == 10);
  CHECK(store->stats().failed == 15);
  CHECK(store->submit(success(100)));
  CHECK(store->flush());
  CHECK(rows_of(dir.path()).size() == 11);
}

TEST_CASE("closing the store writes what is queued") {
  const TempDir dir;
  {
    const auto store = open_store(dir.path());
    for (int i = 0; i < 10'000; ++i) store->submit(success(i));
  }
  CHECK(rows_of(dir.path()).size() == 10'000);
}

TEST_CASE("health is what was submitted last for each check") {
  const TempDir dir;
  {
    const auto store = open_store(dir.path());
    store->submit_health({"b", 1, 0, 5, at(1), at(0)});
    store->submit_health({"a", 2, 3, 0, at(2), at(1)});
    store->submit_health({"b", 3, 4, 0, at(3), at(2)});
  }
  const auto health = open_reader(dir.path())->health().value();
  REQUIRE(health.size() == 2);
  CHECK(health[0].check == "a");
  CHECK(health[1].check == "b");
  CHECK(health[1].state == 3);
  CHECK(health[1].failures == 4);
  CHECK(health[1].successes == 0);
  CHECK(health[1].last_result == at(3));
  CHECK(health[1].since == at(2));
}

TEST_CASE("clock steps are kept in order of time") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  store->submit_clock_step({"us-east-1", at(20), Micros{-3'000'000}});
  store->submit_clock_step({"us-east-1", at(10), Micros{5'000'000}});
  REQUIRE(store->flush());
  const auto steps = store->reader().clock_steps().value();
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].at == at(10));
  CHECK(steps[0].step == Micros{5'000'000});
  CHECK(steps[1].step == Micros{-3'000'000});
  CHECK(steps[1].region == "us-east-1");
}

TEST_CASE("settings are stored when they change, and removal when a check is no longer given") {
  const TempDir dir;
  const FixedClock clock;
  auto opened = Store::open({.data_dir = dir.path(), .clock = &clock});
  REQUIRE(opened.has_value());
  auto& store = **opened;
  const auto record = [&](const std::vector<SettingsEntry>& entries) { REQUIRE(store.record_settings(entries)); };
  auto slower = settings("a", 3);
  slower.interval = Micros{60'000'000};
  record({settings("a", 1), settings("b", 1)});
  record({settings("a", 2), settings("b", 2)});
  record({slower});
  record({slower});
  auto entries = store.reader().settings().value();
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].same_settings(settings("a", 1)));
  CHECK(entries[0].from == at(1));
  CHECK(entries[1].same_settings(slower));
  CHECK(entries[1].from == at(3));
  CHECK_FALSE(entries[2].removed);
  CHECK(entries[3].check == "b");
  CHECK(entries[3].removed);
  CHECK(entries[3].from == at(99));
  CHECK(entries[3].service == "gateway");
  record({slower, settings("b", 200)});
  entries = store.reader().settings().value();
  REQUIRE(entries.size() == 5);
  CHECK_FALSE(entries[4].removed);
}

TEST_CASE("every setting counts as a change") {
  const auto base = settings("a", 1);
  std::vector<SettingsEntry> changed(9, base);
  changed[0].check = "b";
  changed[1].interval = Micros{1};
  changed[2].stale_after = Micros{1};
  changed[3].warning = 1;
  changed[4].critical = 1;
  changed[5].recovery = 2;
  changed[6].service = "";
  changed[7].journey = changed[7].uplink = true;
  changed[8].removed = true;
  for (const auto& entry : changed) CHECK_FALSE(entry.same_settings(base));
  CHECK(settings("a", 2).same_settings(base));
}
