// Maintenance windows: what is entered, loaded and removed, and what becomes of the figures.

#include "agent/maintenance.hpp"
#include "agent/objectives.hpp"
#include "agent/windows.hpp"
#include "tests/agent/month_store.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {

using Catch::Contains;
using tests::CliRun;
using tests::MonthStore;

namespace {

constexpr double kDay = 86'400;

// Of 2024-10.
double down_seconds(const MonthStore& store) {
  return store.figures()["objectives"][0]["down_seconds"].get<double>();
}
double excluded_seconds(const MonthStore& store) {
  return store.figures()["objectives"][0]["excluded_seconds"].get<double>();
}

CliRun add(const MonthStore& store, const std::vector<std::string>& more) {
  std::vector<std::string> words{"--reason", "upgrade", "--author", "ops"};
  words.insert(words.end(), more.begin(), more.end());
  return store.run({"maintenance", "add"}, words);
}

// Loads the configuration at hand as an agent does, at a moment.
void load(const MonthStore& store, const char* at) {
  const auto config = tests::config_of(harness::read_file(store.config));
  std::vector<store::WindowEntry> windows;
  for (const auto& window : config->maintenance) windows.push_back(entry_of(window));
  auto book = store::Book::open(store.data);
  REQUIRE(book.has_value());
  REQUIRE(book->record_windows(windows, *parse_time(at)).has_value());
}

constexpr const char* kWeekly = "maintenance: [{schedule: '00:00-06:00', reason: nightly, author: ops}]\n";

}  // namespace

TEST_CASE("a window entered after the fact changes the figures of the past and is marked so in the report") {
  const MonthStore store;
  REQUIRE(down_seconds(store) == kDay);
  const auto added = add(store, {"--service", "web", "--from", "2024-10-10T00:00", "--for", "6h"});
  REQUIRE(added.exit == 0);
  CHECK_THAT(added.out, Contains("entered maintenance window 1: 2024-10-10T00:00:00Z – 2024-10-10T06:00:00Z"));
  CHECK_THAT(added.out, Contains("it is entered after the fact: 6 h that have passed are left out of the figures"));

  CHECK(down_seconds(store) == 0.75 * kDay);
  CHECK(excluded_seconds(store) == 0.25 * kDay);
  const Json window = store.figures()["exclusions"][0];
  CHECK(window["entered_late"] == true);
  CHECK(window["author"] == "ops");
  CHECK(window["removed"] == nullptr);
  CHECK_THAT(store.run({"report", "--month", "2024-10"}).out, Contains("entered by ops after the fact, "));
}

TEST_CASE("removing a window ends it, keeps its history, and changes no figure of the past") {
  const MonthStore store;
  add(store, {"--from", "2024-10-10T00:00:00Z", "--to", "2033-01-01"});
  REQUIRE(down_seconds(store) == 0);
  const auto removed = store.run({"maintenance", "remove", "1"}, {"--reason", "over", "--author", "ann"});
  REQUIRE(removed.exit == 0);
  CHECK_THAT(removed.out, Contains("it ends now: what it left out so far"));
  CHECK(down_seconds(store) == 0);
  CHECK_THAT(store.run({"maintenance", "list"}).out, Contains("removed at ") && Contains("by ann: over"));
  CHECK(store.run({"maintenance", "remove", "1"}, {"--reason", "over", "--author", "ann"}).exit == 2);
}

TEST_CASE("a window that is over is removed only entirely, and then the figures of the past change") {
  const MonthStore store;
  add(store, {"--from", "2024-10-10T00:00:00Z", "--to", "2024-10-11T00:00:00Z"});
  const std::vector<std::string> who{"--reason", "wrong day", "--author", "ann"};
  const auto refused = store.run({"maintenance", "remove", "1"}, who);
  CHECK(refused.exit == 2);
  CHECK_THAT(refused.err, Contains("was over at 2024-10-11T00:00:00Z: removing it would change nothing"));
  REQUIRE(down_seconds(store) == 0);
  const auto removed = store.run({"maintenance", "remove", "1", "--entirely"}, who);
  CHECK(removed.exit == 0);
  CHECK_THAT(removed.out, Contains("figures of the past change"));
  CHECK(down_seconds(store) == kDay);
  CHECK(store.figures()["exclusions"].empty());
}

TEST_CASE("what is wrong with a window is said, and nothing is entered") {
  const MonthStore store;
  struct Case {
    std::vector<std::string> words;
    const char* says;
  };
  const Case cases[] = {
      {{"--from", "2024-10-02", "--to", "2024-10-01"}, "`to` is not after `from`"},
      {{"--from", "soon", "--to", "2024-10-01"}, "`from`: "},
      {{"--from", "2024-10-02"}, "expected either `to` or `for`"},
      {{"--for", "soon"}, "`for`: "},
      {{"--for", "20y"}, "longer than ten years"},
      {{"--for", "1h", "--service", "wbe"}, "unknown service `wbe`: did you mean `web`?"},
      {{"--for", "1h", "--reason", "two\nlines"}, "`reason` holds control characters"},
      {{"--for", "1h", "--reason", " "}, "`reason` is not given"},
      {{"--for", "1h", "--agent", "127.0.0.1:9999"}, "--agent: expected a URL"},
  };
  for (const Case& one : cases) {
    std::vector<std::string> words = one.words;
    if (std::ranges::find(words, "--reason") == words.end()) words.insert(words.end(), {"--reason", "r"});
    words.insert(words.end(), {"--author", "a"});
    const auto run = store.run({"maintenance", "add"}, words);
    CAPTURE(one.words, run.err);
    CHECK(run.exit == 2);
    CHECK_THAT(run.err, Contains(one.says));
  }
  CHECK(store.run({"maintenance", "list"}).out == "no maintenance windows\n");
  CHECK(store.run({"maintenance", "add", "--for", "1h"}).exit == 2);
  CHECK(store.run({"maintenance", "remove", "7"}, {"--reason", "r", "--author", "a"}).exit == 2);
}

TEST_CASE("a window that an agent has loaded stays in past reports when it is taken out of the file") {
  MonthStore store("maintenance: [{from: 2024-10-10T00:00:00Z, to: 2024-10-11T00:00:00Z, reason: u, author: a}]\n");
  REQUIRE(down_seconds(store) == 0);
  load(store, "2024-10-01T00:00:00Z");
  CHECK(store.figures()["exclusions"][0]["entered"] == "2024-10-01T00:00:00.000000Z");
  CHECK(store.figures()["exclusions"][0]["entered_late"] == false);
  CHECK(store.figures()["exclusions"].size() == 1);
  store.configure("");
  load(store, "2024-11-20T00:00:00Z");
  CHECK(down_seconds(store) == 0);
  const auto refused = store.run({"maintenance", "remove", "1"}, {"--reason", "r", "--author", "a"});
  CHECK(refused.exit == 2);
}

TEST_CASE("a schedule holds from the load that brings it to the load that takes it out; the first load's, from ever") {
  struct Case {
    const char* what;
    std::vector<std::pair<const char*, const char*>> loads;  // when, and the configuration's windows
    double excluded;                                         // days of 2024-10 x 6 hours
  };
  const Case cases[] = {
      {"no load: what the file says", {}, 31},
      {"the first load has it", {{"2024-11-01T00:00:00Z", kWeekly}}, 31},
      {"a later load brings it", {{"2024-09-01T00:00:00Z", ""}, {"2024-10-11T00:00:00Z", kWeekly}}, 21},
      {"it is taken out", {{"2024-09-01T00:00:00Z", kWeekly}, {"2024-10-21T00:00:00Z", ""}}, 20},
      {"and put back",
       {{"2024-09-01T00:00:00Z", kWeekly}, {"2024-10-11T00:00:00Z", ""}, {"2024-10-21T00:00:00Z", kWeekly}},
       21},
      {"only the file at hand has it", {{"2024-09-01T00:00:00Z", ""}}, 0},
  };
  for (const Case& one : cases) {
    MonthStore store;
    for (const auto& [at, windows] : one.loads) {
      store.configure(windows);
      load(store, at);
    }
    // The file as it is now: the last load's, or one that no agent has loaded.
    if (one.loads.size() < 2) store.configure(kWeekly);
    CAPTURE(one.what);
    CHECK(excluded_seconds(store) == one.excluded * kDay / 4);
  }
}

TEST_CASE("windows that several regions keep are one, in force for as long as any of them says so") {
  const auto entry = [](const char* from, const char* to, const char* entered, const char* removed) {
    store::WindowEntry window;
    window.once = {*parse_time(from), *parse_time(to)};
    window.reason = "r";
    window.author = "a";
    window.entered = *parse_time(entered);
    if (removed != nullptr) window.removed = store::WindowRemoval{*parse_time(removed), "x", "y"};
    return window;
  };
  const char* from = "2024-10-01T00:00:00Z";
  const char* to = "2024-10-02T00:00:00Z";
  const char* noon = "2024-10-01T12:00:00Z";
  const StoredWindows eu{{entry(from, to, "2024-09-02T00:00:00Z", noon)}, true};
  const StoredWindows us{{entry(from, to, "2024-09-01T00:00:00Z", nullptr)}, true};
  const StoredWindows asia{{entry(from, to, "2024-09-03T00:00:00Z", "2024-10-01T18:00:00Z")}, true};
  const config::Config config;

  const std::vector<StoredWindows> all{eu, us, asia};
  auto windows = windows_in_force(all, config);
  REQUIRE(windows.size() == 1);
  CHECK(windows[0].once == Period{*parse_time(from), *parse_time(to)});
  CHECK(windows[0].entered == *parse_time("2024-09-01T00:00:00Z"));
  CHECK_FALSE(windows[0].removed.has_value());

  const std::vector<StoredWindows> two{eu, asia};
  windows = windows_in_force(two, config);
  REQUIRE(windows.size() == 1);
  CHECK(windows[0].once->to == *parse_time("2024-10-01T18:00:00Z"));
  CHECK(windows[0].removed->at == *parse_time("2024-10-01T18:00:00Z"));
}

}  // namespace nines::agent
