// Frozen months and their verification: whole runs of the command line over a small store.

#include "agent/freeze.hpp"

#include "agent/fingerprint.hpp"
#include "base/digest.hpp"
#include "tests/agent/month_store.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {

using Catch::Contains;
using tests::CliRun;
using tests::MonthStore;

namespace {

std::vector<store::FrozenMonth> frozen(const MonthStore& store) {
  auto months = store::open_reader(store.data)->frozen();
  REQUIRE(months.has_value());
  return *months;
}

std::string written(const MonthStore& store, const std::string& text) {
  return store.dir.write("report.json", text);
}

CliRun verified(const MonthStore& store, const std::string& report) {
  return store.run({"report", "--verify", written(store, report)});
}

// Reports say web is down; a window takes six hours of it out.
void add_window(const MonthStore& store) {
  const auto added = store.run({"maintenance", "add", "--from", "2024-10-10T00:00", "--for", "6h"},
                               {"--reason", "upgrade", "--author", "ops"});
  REQUIRE(added.exit == 0);
}

}  // namespace

TEST_CASE("a month is frozen once: again with the same inputs changes nothing, a difference needs a reason") {
  const MonthStore store;
  const auto first = store.report({"--freeze"});
  INFO(first.err);
  REQUIRE(first.exit == 1);
  CHECK_THAT(first.err, Contains("2024-10 is frozen: revision 1"));
  const Json report = Json::parse(first.out);
  CHECK(report["frozen"]["month"] == "2024-10");
  CHECK(report["frozen"]["revision"] == 1);
  CHECK(report["frozen"]["method"] == kMethod);
  REQUIRE(frozen(store).size() == 1);
  CHECK(frozen(store)[0].report == first.out);
  CHECK(frozen(store)[0].fingerprint == report["frozen"]["fingerprint"].get<std::string>());

  const auto again = store.report({"--freeze"});
  CHECK_THAT(again.err, Contains("the inputs and every figure are the same, nothing was written"));
  CHECK(again.out == first.out);
  CHECK(frozen(store).size() == 1);

  add_window(store);
  const auto refused = store.report({"--freeze"});
  CHECK(refused.exit == 2);
  CHECK(refused.out.empty());
  CHECK_THAT(refused.err, Contains("objectives.uptime.down_seconds: was 86400.0, is 64800.0") &&
                              Contains("fingerprint: was ") && Contains("give --reason to write revision 2"));
  CHECK(frozen(store).size() == 1);

  const auto revised = store.report({"--freeze", "--reason", "the upgrade was not entered"});
  CHECK_THAT(revised.err, Contains("revision 2"));
  CHECK(Json::parse(revised.out)["frozen"]["reason"] == "the upgrade was not entered");
  REQUIRE(frozen(store).size() == 2);
  CHECK(frozen(store)[0].report == first.out);
  CHECK_THAT(store.report({"--freeze"}).err, Contains("revision 2): the inputs and every figure are the same"));
}

TEST_CASE("results that come later, and settings and windows of later months, leave a frozen month as it is") {
  MonthStore store;
  REQUIRE(store.report({"--freeze"}).exit == 1);
  std::string lines;
  for (Time t = *parse_time("2024-11-15T00:00:00Z"); t < *parse_time("2024-11-16T00:00:00Z");
       t += std::chrono::hours(1)) {
    lines += MonthStore::line(t, false);
  }
  store.import(lines);
  store.configure("maintenance: [{from: 2024-11-10T00:00:00Z, to: 2024-11-11T00:00:00Z, reason: u, author: a}]\n");
  CHECK_THAT(store.report({"--freeze"}).err, Contains("nothing was written"));
}

TEST_CASE("a result of the month that comes late, other settings and another target are differences") {
  MonthStore store;
  REQUIRE(store.report({"--freeze"}).exit == 1);
  SECTION("a result") {
    store.import(MonthStore::line(*parse_time("2024-10-20T00:30:00Z"), false));
    // It changes no uptime: the inputs tell.
    CHECK_THAT(store.report({"--freeze"}).err, Contains("fingerprint: was "));
  }
  SECTION("a target") {
    store.configure("", "target: '90%'");
    CHECK_THAT(store.report({"--freeze"}).err,
               Contains("objectives.uptime.verdict: was \"missed\", is \"met\"") && Contains("fingerprint: was "));
  }
  SECTION("how failures are confirmed") {
    store.configure("", "target: '99%', confirm_after: 30");
    CHECK_THAT(store.report({"--freeze"}).err, Contains("objectives.uptime.down_seconds: was 86400.0, is 0.0"));
  }
  CHECK(frozen(store).size() == 1);
}

TEST_CASE("only a month that is over can be frozen, and only by name") {
  const MonthStore store;
  const auto now = format_time(system_clock().now());
  struct Case {
    std::vector<std::string> words;
    std::string says;
  };
  const Case cases[] = {
      {{"--month", now.substr(0, 7), "--freeze"}, "is still running in UTC: a month can be frozen when it is over"},
      {{"--month", "2024-10", "--freeze", "--as-of", "2024-11-03"}, "--freeze is for a month"},
      {{"--year", "2023", "--freeze"}, "--freeze is for a month"},
      {{"--freeze"}, "--freeze is for a month"},
      {{"--month", "2024-10", "--reason", "why"}, "--reason requires --freeze"},
      {{"--month", "2024-10", "--verify", "x.json"}, "--verify takes the period and --as-of from the report"},
      {{"--freeze", "--month", "2024-10", "--verify", "x.json"}, "--freeze excludes --verify"},
  };
  for (const Case& one : cases) {
    const auto run = store.run({"report"}, one.words);
    CAPTURE(one.words, run.err);
    CHECK(run.exit == 2);
    CHECK_THAT(run.err, Contains(one.says));
  }
  CHECK(frozen(store).empty());
}

TEST_CASE("the fingerprint is the SHA-256 of the lines that docs/sla.md names, from the first run to the last") {
  const MonthStore store(
      "maintenance: [{from: 2024-10-12T00:00:00Z, to: 2024-10-12T01:00:00Z, reason: u, author: a}]\n");
  const auto exported = tests::nines(
      {"export", "--data-dir", store.data, "--from", "2024-09-30T23:00:00Z", "--to", "2024-11-01T00:00:00.000001Z"});
  REQUIRE(exported.exit == 0);
  const std::string rest =
      R"({"exclusion":{"service":null,"from":"2024-10-12T00:00:00.000000Z","to":"2024-10-12T01:00:00.000000Z","reason":"u","author":"a"}})"
      "\n"
      R"({"settings":{"check":"gateway","from":null,"interval_us":3600000000,"stale_after_us":9000000000,"warning":3,"service":"web","removed":false}})"
      "\n"
      R"({"objective":{"name":"uptime","from":"2024-10-01T00:00:00.000000Z","to":"2024-11-01T00:00:00.000000Z","target":"99%","critical":null,"checks":[{"name":"gateway","formerly":[]}],"journeys":[],"regions":[],"min_regions":null,"quorum":"majority","combine":"any","confirm_after":null,"min_coverage":null,"min_samples":100,"hours":null,"time_zone":"UTC"}})"
      "\n";
  CHECK(store.figures({"--freeze"})["frozen"]["fingerprint"].get<std::string>() == hex(sha256(exported.out + rest)));
}

TEST_CASE("the inputs begin with the run that is under way and end with the success that ends the last one") {
  struct Case {
    const char* what;
    Period down;  // of the results, beside the day in October
    std::string first, last;
  };
  const auto at = [](const char* text) { return *parse_time(text); };
  const Case cases[] = {
      {"no run over an edge", {}, "2024-09-30T23:00:00.000000Z", "2024-11-01T00:00:00.000000Z"},
      {"one over the first",
       {at("2024-09-30T20:00:00Z"), at("2024-10-01T04:00:00Z")},
       "2024-09-30T20:00:00.000000Z",
       "2024-11-01T00:00:00.000000Z"},
      {"one over the last",
       {at("2024-10-31T20:00:00Z"), at("2024-11-01T04:00:00Z")},
       "2024-09-30T23:00:00.000000Z",
       "2024-11-01T04:00:00.000000Z"},
  };
  for (const Case& one : cases) {
    const harness::TempDir dir;
    std::string lines;
    for (Time t = at("2024-09-29T00:00:00Z"); t < at("2024-11-03T00:00:00Z"); t += std::chrono::hours(1)) {
      lines += MonthStore::line(t, !one.down.contains(t));
    }
    const std::string data = dir.path() / "data";
    REQUIRE(tests::nines({"import", dir.write("r.jsonl", lines), "--data-dir", data}).exit == 0);
    const auto config = tests::config_of(
        "region: eu\nchecks: [{name: gateway, target: http://127.0.0.1:1/, interval: 1h, timeout: 10s}]\n"
        "objectives: [{name: uptime, checks: [gateway], indicator: uptime, target: '99%', window: month}]\n");
    std::vector<store::Reader> readers;
    readers.push_back(*store::open_reader(data));
    const config::Objective* objective = &config->objectives.front();
    PeriodOptions october;
    october.month = "2024-10";
    const auto period = period_of(october, *objective, at("2024-12-01T00:00:00Z"));
    std::vector<std::string> seen;
    const auto done = visit_inputs(*config, {{&objective, 1}, {&*period, 1}, at("2024-12-01T00:00:00Z")},
                                   StoreSources(readers), [&](std::string_view line) { seen.emplace_back(line); });
    REQUIRE(done.has_value());
    std::erase_if(seen, [](const std::string& line) { return !line.starts_with(R"({"check")"); });
    CAPTURE(one.what);
    CHECK_THAT(seen.front(), Contains(one.first));
    CHECK_THAT(seen.back(), Contains(one.last));
  }
}

TEST_CASE("--verify says whether a report still holds, figure by figure") {
  MonthStore store;
  const std::string report = store.report({"--freeze"}).out;
  SECTION("it holds, also when it is not frozen") {
    CHECK(verified(store, report).exit == 0);
    CHECK_THAT(verified(store, report).out, Contains("holds: every figure of 1 objectives is the same"));
    CHECK(verified(store, store.report({"--as-of", "2024-10-15"}).out).exit == 0);
  }
  SECTION("a figure was changed in it") {
    Json changed = Json::parse(report);
    changed["objectives"][0]["measured"] = 0.9999;
    const auto run = verified(store, changed.dump());
    CHECK(run.exit == 1);
    CHECK_THAT(run.out, Contains("objectives.uptime.measured: was 0.9999, is 0.96") && Contains("1 of its figures"));
  }
  SECTION("an outage was left out of it") {
    Json changed = Json::parse(report);
    changed["objectives"][0]["outages"] = Json::array();
    CHECK_THAT(verified(store, changed.dump()).out, Contains("objectives.uptime.outages: was 0 of them, is 1 of them"));
  }
  SECTION("the store says otherwise now") {
    add_window(store);
    const auto run = verified(store, report);
    CHECK(run.exit == 1);
    CHECK_THAT(run.out, Contains("down_seconds: was 86400.0, is 64800.0") && Contains("fingerprint: was "));
  }
  SECTION("an objective is gone") {
    Json changed = Json::parse(report);
    changed["objectives"][0]["name"] = "another";
    CHECK(verified(store, changed.dump()).exit == 1);
  }
  SECTION("the store holds nothing of its time") {
    store.data = store.dir.path() / "empty";
    store.configure("");
    REQUIRE(store.run({"maintenance", "add", "--for", "1h"}, {"--reason", "r", "--author", "a"}).exit == 0);
    const auto run = verified(store, report);
    CHECK(run.exit == 3);
    CHECK_THAT(run.err, Contains("it cannot be said whether it holds"));
  }
}

TEST_CASE("what is no report is refused by --verify: exit 2, with the file's name") {
  const MonthStore store;
  const std::string report = store.report({}).out;
  const auto without = [&](const char* key) {
    Json json = Json::parse(report);
    json.erase(key);
    return json.dump();
  };
  Json no_period = Json::parse(report);
  no_period["objectives"][0]["period"].erase("from");
  Json list = Json::parse(report);
  list["objectives"] = {1};
  struct Case {
    std::string text;
    const char* says;
  };
  const Case cases[] = {
      {"", "is no JSON"},
      {"[]", "is no report"},
      {R"({"schema":"x"})", "is no report"},
      {without("as_of"), "as_of"},
      {without("objectives"), "objectives"},
      {no_period.dump(), "`from`"},
      {list.dump(), "no objective"},
  };
  for (const Case& one : cases) {
    const auto run = verified(store, one.text);
    CAPTURE(one.says, run.err);
    CHECK(run.exit == 2);
    CHECK_THAT(run.err, Contains("report.json: ") && Contains(one.says));
  }
  CHECK(store.run({"report", "--verify", "/nowhere/report.json"}).exit == 2);
}

}  // namespace nines::agent
