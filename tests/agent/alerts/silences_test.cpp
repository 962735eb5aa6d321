#include "agent/alerts/silences.hpp"

#include <catch2/catch.hpp>

#include "tests/agent/support.hpp"
#include "tests/harness/alertmanager.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

Time when(const char* text) {
  return *parse_time(text);
}

constexpr const char* kCheck = "checks: [{name: api, service: api, target: 'http://127.0.0.1/'}]\n";

std::vector<config::Maintenance> windows_of(const std::string& yaml) {
  return tests::config_of(std::string(kCheck) + "maintenance:\n" + yaml)->maintenance;
}

constexpr const char* kOnce =
    "  - {service: api, from: 2026-10-04T02:00:00Z, to: 2026-10-04T04:00:00Z, reason: upgrade, author: "
    "ops@example.com}\n";

// An agent's keeper of silences with its Alertmanager, over a real clock.
struct Fixture : tests::MonitorFixture {
  Fixture() : MonitorFixture(kCheck), spool(*store, clock) { clock.set(system_clock().now()); }

  // A window of the service from 5 minutes on, for that long.
  std::shared_ptr<const config::Config> window(Micros length, const std::string& reason = "upgrade") const {
    const Time from = begin + 5min;
    return tests::config_of(std::string(kCheck) + "maintenance: [{service: api, from: '" + format_time(from) +
                            "', to: '" + format_time(from + length) + "', reason: " + reason + ", author: ann}]\n");
  }
  static std::shared_ptr<const config::Config> none() { return tests::config_of(kCheck); }

  // What a keeper of a process of its own does with this configuration.
  void turn(const std::shared_ptr<const config::Config>& with) {
    SilenceKeeper keeper("am", remote, {with, spool, *store, clock, counts});
    const auto turned = keeper.turn({});
    INFO((turned ? std::string() : turned.error().message));
    REQUIRE(turned);
  }
  std::vector<Silence> silences() const {
    auto all = Alertmanager(remote).silences();
    REQUIRE(all);
    return *all;
  }

  harness::Alertmanager server;
  const config::Remote remote{.url = server.url(), .client = {}};
  const Time begin = system_clock().now();
  Spool spool;
  AlertCounts counts;
};

}  // namespace

TEST_CASE("a window is silenced from fifteen minutes before it until its end") {
  struct Row {
    const char* now;
    bool planned;
  };
  const auto windows = windows_of(kOnce);
  for (const Row& row : std::vector<Row>{{"2026-10-04T01:44:59Z", false},
                                         {"2026-10-04T01:45:00Z", true},
                                         {"2026-10-04T03:59:59Z", true},
                                         {"2026-10-04T04:00:00Z", false}}) {
    CAPTURE(row.now);
    const auto planned = planned_silences(windows, when(row.now));
    REQUIRE(planned.size() == (row.planned ? 1 : 0));
    if (!row.planned) continue;
    const Silence& silence = planned[0].silence;
    CHECK(silence.matchers == std::vector<AlertMatcher>{{.name = "service", .value = "api"}});
    CHECK(silence.starts_at == when("2026-10-04T01:45:00Z"));
    CHECK(silence.ends_at == when("2026-10-04T04:00:00Z"));
    CHECK(silence.created_by == "ops@example.com");
    CHECK(silence.comment == "upgrade (planned maintenance of api until 2026-10-04T04:00:00Z)");
  }
}

TEST_CASE("a weekly window is silenced each time by its local hours, one of all services for all") {
  const auto windows =
      windows_of("  - {schedule: 'Sun 02:00-03:00', time_zone: Europe/Berlin, reason: weekly, author: ops}\n");
  CHECK(planned_silences(windows, when("2026-10-03T23:44:00Z")).empty());
  const auto first = planned_silences(windows, when("2026-10-03T23:45:00Z"));
  REQUIRE(first.size() == 1);
  CHECK(first[0].silence.matchers == std::vector<AlertMatcher>{{.name = "service", .value = ".+", .regex = true}});
  CHECK(first[0].silence.ends_at == when("2026-10-04T01:00:00Z"));
  const auto second = planned_silences(windows, when("2026-10-11T00:30:00Z"));
  REQUIRE(second.size() == 1);
  CHECK(second[0].window != first[0].window);
  CHECK(second[0].silence.ends_at == when("2026-10-11T01:00:00Z"));
}

TEST_CASE("windows of one service that begin together are one silence, until the later end") {
  const auto windows = windows_of(
      std::string(kOnce) +
      "  - {service: api, from: 2026-10-04T02:00:00Z, to: 2026-10-04T06:00:00Z, reason: more, author: ops}\n");
  const auto planned = planned_silences(windows, when("2026-10-04T03:00:00Z"));
  REQUIRE(planned.size() == 1);
  CHECK(planned[0].silence.ends_at == when("2026-10-04T06:00:00Z"));
}

TEST_CASE("windows of one service that follow one another are one silence, in the name of the last") {
  const auto windows = windows_of(
      std::string(kOnce) +
      "  - {service: api, from: 2026-10-04T04:00:00Z, to: 2026-10-04T05:00:00Z, reason: more, author: ann}\n"
      "  - {service: api, from: 2026-10-04T05:00:01Z, to: 2026-10-04T06:00:00Z, reason: other, author: ops}\n");
  const auto planned = planned_silences(windows, when("2026-10-04T03:00:00Z"));
  REQUIRE(planned.size() == 1);
  CHECK(planned[0].window == "api/2026-10-04T02:00:00Z");
  CHECK(planned[0].silence.starts_at == when("2026-10-04T01:45:00Z"));
  CHECK(planned[0].silence.ends_at == when("2026-10-04T05:00:00Z"));
  CHECK(planned[0].silence.created_by == "ann");
  CHECK(planned_silences(windows, when("2026-10-04T04:50:00Z")).size() == 2);
}

TEST_CASE("maintenance that fails still at its end is silenced longer, for fifteen minutes at most") {
  const auto windows = windows_of(kOnce);
  const std::string window = "api/2026-10-04T02:00:00Z";
  const SilenceState failing{.failing = {"api"}, .silenced = {window}};
  struct Row {
    const char* now;
    SilenceState state;
    const char* ends;  // none: no silence
  };
  for (const Row& row : std::vector<Row>{
           {"2026-10-04T03:58:59Z", failing, "2026-10-04T04:00:00Z"},
           {"2026-10-04T03:59:00Z", failing, "2026-10-04T04:15:00Z"},
           {"2026-10-04T04:14:59Z", failing, "2026-10-04T04:15:00Z"},
           {"2026-10-04T04:15:00Z", failing, nullptr},
           {"2026-10-04T03:59:30Z", {.failing = {"other"}, .silenced = {window}}, "2026-10-04T04:00:00Z"},
           {"2026-10-04T04:05:00Z", {.failing = {}, .silenced = {window}}, nullptr},
           // Over already: what fails now is another matter.
           {"2026-10-04T04:05:00Z", {.failing = {"api"}, .silenced = {}}, nullptr},
       }) {
    CAPTURE(row.now);
    const auto planned = planned_silences(windows, when(row.now), row.state);
    REQUIRE(planned.size() == (row.ends != nullptr ? 1 : 0));
    if (row.ends != nullptr) CHECK(planned[0].silence.ends_at == when(row.ends));
  }
  auto removed = windows;
  removed[0].once->to = when("2026-10-04T03:00:00Z");
  removed[0].removed = config::Removal{.at = removed[0].once->to, .author = "ann", .reason = "done", .entirely = false};
  CHECK(planned_silences(removed, when("2026-10-04T03:00:00Z"), failing).empty());
  auto all = windows;
  all[0].service.clear();
  const SilenceState anything{.failing = {"api"}, .silenced = {"/2026-10-04T02:00:00Z"}};
  CHECK(planned_silences(all, when("2026-10-04T04:05:00Z"), anything).size() == 1);
}

TEST_CASE("a silence is made once over restarts, moves with its window's end, and ends with its window") {
  Fixture f;
  f.turn(f.window(1h));
  f.turn(f.window(1h));
  auto silences = f.silences();
  REQUIRE(silences.size() == 1);
  const std::string id = silences[0].id;
  CHECK(silences[0].state == "active");
  CHECK(silences[0].created_by == "ann");
  CHECK_THAT(silences[0].comment, Catch::StartsWith("upgrade (planned maintenance of api until "));

  f.turn(f.window(2h));
  silences = f.silences();
  REQUIRE(silences.size() == 1);
  CHECK(silences[0].id == id);
  CHECK(silences[0].ends_at - (f.begin + 5min + 2h) < 1ms);

  f.turn(Fixture::none());
  silences = f.silences();
  REQUIRE(silences.size() == 1);
  CHECK(silences[0].state == "expired");
  CHECK(f.store->reader().silences()->empty());
}

TEST_CASE("a window that is entered by hand is silenced, longer when another follows, and no more when it is removed") {
  Fixture f;
  auto book = store::Book::open(f.dir.path());
  REQUIRE(book);
  store::WindowEntry window;
  window.service = "api";
  window.once = {f.begin - 1min, f.begin + 1h};
  window.reason = "upgrade";
  window.author = "ann";
  window.entered = f.begin;
  const auto first = book->add_window(window);
  REQUIRE(first);
  f.turn(Fixture::none());
  auto silences = f.silences();
  REQUIRE(silences.size() == 1);
  const std::string id = silences[0].id;
  CHECK(silences[0].state == "active");
  CHECK(silences[0].created_by == "ann");
  CHECK_THAT(silences[0].comment, Catch::StartsWith("upgrade (planned maintenance of api until "));

  window.once = {f.begin + 1h, f.begin + 2h};
  const auto second = book->add_window(window);
  REQUIRE(second);
  f.turn(Fixture::none());
  silences = f.silences();
  REQUIRE(silences.size() == 1);
  CHECK(silences[0].id == id);
  CHECK(silences[0].ends_at - (f.begin + 2h) < 1ms);

  for (const std::int64_t one : {*second, *first}) REQUIRE(book->remove_window(one, {f.begin, "ann", "done", false}));
  f.turn(Fixture::none());
  CHECK(f.silences()[0].state == "expired");
  CHECK(f.store->reader().silences()->empty());
}

TEST_CASE("a silence that is to begin earlier is the same one") {
  Fixture f;
  f.turn(f.window(1h));
  auto book = store::Book::open(f.dir.path());
  REQUIRE(book);
  store::WindowEntry before;
  before.service = "api";
  before.once = {f.begin, f.begin + 10min};
  before.reason = "first this";
  before.author = "ops";
  before.entered = f.begin;
  REQUIRE(book->add_window(before));
  f.turn(f.window(1h));
  REQUIRE(f.silences().size() == 1);
  CHECK(f.silences()[0].state == "active");
  CHECK(f.store->reader().silences()->size() == 1);
}

TEST_CASE("a silence is longer than its window while the service fails, and ends as soon as it does not") {
  Fixture f;
  const auto with = f.window(1h);  // from 5 minutes on
  f.turn(with);
  // Another region's agent, whose checks are well, leaves it so.
  tests::MonitorFixture region(kCheck);
  region.clock.set(f.clock.now());
  Spool spool(*region.store, region.clock);
  SilenceKeeper theirs("am", f.remote, {with, spool, *region.store, region.clock, f.counts});
  REQUIRE(theirs.turn({}));
  CHECK(f.silences().size() == 1);
  const auto health = [&](sla::State state) {
    f.store->submit_health({"api", static_cast<int>(state), 5, 0, f.clock.now(), f.clock.now()});
    REQUIRE(f.store->flush());
  };
  f.clock.set(f.begin + 1h + 5min - 30s);
  health(sla::State::critical);
  f.turn(with);
  auto silences = f.silences();
  REQUIRE(silences.size() == 1);
  CHECK(silences[0].ends_at - (f.begin + 1h + 20min) < 1ms);
  region.clock.set(f.clock.now());
  REQUIRE(theirs.turn({}));
  REQUIRE(f.silences().size() == 1);
  CHECK(f.silences()[0].ends_at == silences[0].ends_at);
  f.clock.set(f.begin + 1h + 6min);
  health(sla::State::up);
  f.turn(with);
  CHECK(f.silences()[0].state == "expired");
}

TEST_CASE("a silence whose making nobody remembers is taken up, and one that somebody ended stays ended") {
  Fixture f;
  f.turn(f.window(1h));
  const auto entries = f.store->reader().silences();
  REQUIRE(entries->size() == 1);
  store::SilenceEntry forgotten = entries->front();
  forgotten.id.clear();
  REQUIRE(f.store->change_alerts({.alerts = {}, .told = {}, .silences = {forgotten}, .forget = {}}));
  f.turn(f.window(1h));
  CHECK(f.silences().size() == 1);
  CHECK(f.store->reader().silences()->front().id == entries->front().id);

  REQUIRE(Alertmanager(f.remote).expire_silence(entries->front().id));
  f.turn(f.window(1h));
  REQUIRE(f.silences().size() == 1);
  CHECK(f.silences()[0].state == "expired");
}

TEST_CASE("a silence that its Alertmanager has lost is made again") {
  Fixture f;
  f.turn(f.window(1h));
  f.server.kill();
  f.server.start();
  f.turn(f.window(1h));
  REQUIRE(f.silences().size() == 1);
  CHECK(f.silences()[0].state == "active");
  CHECK(f.store->reader().silences()->front().id == f.silences()[0].id);
}

TEST_CASE("an Alertmanager that is away is tried again, and the silence is made then") {
  Fixture f;
  f.server.kill();
  SilenceKeeper keeper("am", f.remote, {f.window(1h), f.spool, *f.store, f.clock, f.counts});
  CHECK_FALSE(keeper.turn({}));
  f.server.start();
  CHECK(keeper.turn({}));
  CHECK(f.silences().size() == 1);
}

}  // namespace nines::agent
