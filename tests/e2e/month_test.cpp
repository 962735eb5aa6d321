// A known month goes in as JSON Lines and comes out as a report: every figure is held against a second, plain reading
// of docs/sla.md (tests/sla/brute).

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "config/load.hpp"
#include "tests/e2e/support.hpp"
#include "tests/sla/brute/brute.hpp"
#include "tests/sla/brute/generate.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;
using std::chrono::minutes;

namespace {

constexpr std::string_view kConfiguration = R"(
data_dir: {0}
region: us-east-1
regions: [us-east-1, eu-west-1, ap-south-1]
defaults: {{interval: {1}s, timeout: 10s}}
checks:
  - {{name: check-1, service: shop, target: 'http://127.0.0.1:9/'}}
  - {{name: check-2, service: shop, target: 'http://127.0.0.1:9/'}}
  - {{name: check-3, service: shop, target: 'http://127.0.0.1:9/'}}
objectives:
  - {{name: uptime, service: shop, indicator: uptime, target: '99.9%', critical: '< 98%', window: month}}
  - {{name: any-region, service: shop, indicator: uptime, target: '> 99%', window: month, quorum: any, confirm_after: 2, hours: 'Mon-Fri 08:00-18:00', time_zone: Europe/Berlin}}
  - {{name: both-down, service: shop, indicator: uptime, target: '99.99%', window: month, combine: all, quorum: 2, min_regions: 3}}
  - {{name: speed, checks: [check-1, check-2], indicator: latency, percentile: 99.9, target: '< 100ms', critical: '> 1s', window: month}}
  - {{name: strict-speed, checks: [check-1], indicator: latency, percentile: 95, of: strict, target: '< 500ms', window: month}}
  - {{name: errors, service: shop, indicator: error_rate, target: '< 0.1%', critical: '> 1%', window: month}}
  - {{name: failures, service: shop, indicator: error_rate, errors: failures, target: '< 5%', window: month, time_zone: America/New_York}}
  - {{name: every-region, checks: [check-1], indicator: uptime, target: '99%', window: month, min_regions: 3}}
contracts:
  - {{name: acme, objectives: [uptime, any-region], credits: {{uptime: [{{below: '99.9%', percent: 10}}, {{below: '98%', percent: 25}}], any-region: [{{below: '99%', percent: 7.5}}]}}}}
maintenance:
  - {{service: shop, from: 2026-10-04T03:00:00Z, to: 2026-10-04T05:00:00Z, reason: upgrade, author: ops@example.com}}
  - {{service: shop, from: 2026-10-04T04:00:00Z, to: 2026-10-04T07:30:00Z, reason: overlapping, author: ops@example.com}}
  - {{service: shop, from: 2026-09-30T21:30:00Z, to: 2026-09-30T22:30:00Z, reason: over the edge, author: ops@example.com}}
  - {{schedule: 'Sun 02:00-03:00', time_zone: Europe/Berlin, reason: weekly, author: ops@example.com}}
)";

// Three checks in three regions make 67,000 results a month at this interval. NINES_MONTH_INTERVAL=80 asks for 300,000,
// for which the plain reading takes minutes.
std::chrono::seconds month_interval() {
  const char* wanted = std::getenv("NINES_MONTH_INTERVAL");
  return std::chrono::seconds(wanted == nullptr ? 360 : std::atoi(wanted));
}

struct Store {
  TempDir directory;
  std::string file;

  Store()
      : file(directory.write("nines.yml", fmt::format(kConfiguration, data_dir(), month_interval().count())).string()) {
  }
  std::string data_dir() const { return (directory.path() / "data").string(); }
  Finished run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"-c", file});
    return run_nines(std::move(arguments));
  }
  Finished import(const std::string& lines) const {
    return run({"import", directory.write("results.jsonl", lines).string()});
  }
  std::string exported() const {
    const Finished finished = run({"export"});
    INFO(finished.errors);
    REQUIRE(finished.status == 0);
    return finished.output;
  }
};

Json seconds_json(Micros value) {
  return static_cast<double>(value.count()) / 1e6;
}
Json milliseconds_json(const std::optional<Micros>& value) {
  return value ? Json(static_cast<double>(value->count()) / 1e3) : Json();
}
Json ratio_json(const sla::Ratio& value) {
  return value.known() ? Json(static_cast<double>(value.part) / static_cast<double>(value.whole)) : Json();
}
std::string verdict_text(sla::Verdict verdict) {
  return verdict == sla::Verdict::met ? "met" : verdict == sla::Verdict::missed ? "missed" : "inconclusive";
}
std::string level_text(sla::Level level) {
  return level == sla::Level::ok ? "ok" : level == sla::Level::warning ? "warning" : "critical";
}

void check_times(const Json& printed, const sla::UptimeTimes& plain) {
  CHECK(printed.at("measured") == ratio_json(plain.measured()));
  CHECK(printed.at("up_seconds") == seconds_json(plain.up));
  CHECK(printed.at("down_seconds") == seconds_json(plain.down));
  CHECK(printed.at("unknown_seconds") == seconds_json(plain.unknown));
  CHECK(printed.at("excluded_seconds") == seconds_json(plain.excluded));
}

// The hours that are listed, and that those which are not were up: together they are the period.
void check_hours(const Json& hours, const sla::UptimeFigures& plain, const Period& period) {
  const auto micros = [](const Json& seconds) { return Micros(std::llround(seconds.get<double>() * 1e6)); };
  sla::UptimeTimes sum;
  Micros listed{0};
  for (const Json& hour : hours) {
    sum.up += micros(hour.at("up_seconds"));
    sum.down += micros(hour.at("down_seconds"));
    sum.unknown += micros(hour.at("unknown_seconds"));
    sum.excluded += micros(hour.at("excluded_seconds"));
    const Micros length =
        parse_time(hour.at("to").get<std::string>()).value() - parse_time(hour.at("from").get<std::string>()).value();
    CHECK(length <= std::chrono::hours(1));
    listed += length;
  }
  sum.up += period.length() - listed;
  CHECK(sum == plain.net);
}

void check_uptime(const Json& printed, const sla::UptimeFigures& plain, const Decimal& target) {
  check_times(printed, plain.net);
  check_times(printed.at("gross"), plain.gross);
  check_times(printed.at("strict"), plain.strict);
  CHECK(printed.at("mttr_seconds") == (plain.mttr ? seconds_json(*plain.mttr) : Json()));
  CHECK(printed.at("mtbf_seconds") == (plain.mtbf ? seconds_json(*plain.mtbf) : Json()));
  REQUIRE(printed.at("outages").size() == plain.outages.size());
  for (std::size_t i = 0; i < plain.outages.size(); ++i) {
    const Json& outage = printed.at("outages").at(i);
    const sla::Outage& expected = plain.outages[i];
    INFO(outage.dump());
    CHECK(outage.at("from") == format_time(expected.extent.from));
    CHECK(outage.at("to") == format_time(expected.extent.to));
    CHECK(outage.at("down_seconds") == seconds_json(expected.length));
    CHECK(outage.at("inside_seconds") == seconds_json(expected.inside));
    CHECK(outage.at("ongoing") == expected.ongoing);
    CHECK(outage.at("reason") == std::string(reason_name(expected.reason)));
    CHECK(outage.at("checks") == Json(expected.checks));
    CHECK(outage.at("regions") == Json(expected.regions));
  }
  const double known = static_cast<double>((plain.net.up + plain.net.down).count()) / 1e6;
  const double spent = static_cast<double>(plain.net.down.count()) / 1e6;
  const double allowed = (1 - target.to_double()) * known;
  const Json& budget = printed.at("error_budget");
  CHECK(budget.at("allowed_seconds").get<double>() == Approx(allowed));
  CHECK(budget.at("spent_seconds") == spent);
  CHECK(budget.at("remaining_seconds").get<double>() == Approx(allowed - spent));
  CHECK(budget.at("remaining_ratio").get<double>() == Approx((allowed - spent) / allowed));
}

// Slices and bins hold each sample once.
void check_slices(const Json& printed, const sla::Evaluation& plain) {
  std::int64_t samples = 0;
  std::int64_t bad = 0;
  for (const Json& slice : printed.at("slices")) {
    samples += slice.at("samples").get<std::int64_t>();
    bad += slice.at("bad").get<std::int64_t>();
  }
  CHECK(samples == (plain.latency ? plain.latency->samples : plain.error_rate->samples));
  CHECK(bad == (plain.latency ? plain.latency->bad : plain.error_rate->errors));
  if (!plain.latency || plain.latency->of == config::LatencyOf::strict) return;
  std::int64_t binned = 0;
  for (const Json& bin : printed.at("distribution")) binned += bin.at("count").get<std::int64_t>();
  CHECK(binned == samples);
}

void check_budget(const Json& budget, double allowed, double spent) {
  CHECK(budget.at("allowed").get<double>() == Approx(allowed));
  CHECK(budget.at("spent").get<double>() == spent);
  CHECK(budget.at("remaining_ratio").get<double>() == Approx((allowed - spent) / allowed));
}

void check_objective(const Json& printed, const sla::Evaluation& plain) {
  INFO(printed.at("name"));
  CHECK(printed.at("period").at("from") == format_time(plain.period.period.from));
  CHECK(printed.at("period").at("to") == format_time(plain.period.period.to));
  CHECK(printed.at("verdict") == verdict_text(plain.verdict));
  CHECK(printed.at("level") == level_text(plain.level));
  CHECK(printed.at("coverage") == ratio_json(plain.coverage));
  CHECK_FALSE(printed.contains("on_track"));
  if (plain.uptime) {
    check_uptime(printed, *plain.uptime, plain.objective->target.value);
    check_hours(printed.at("hours"), *plain.uptime, plain.period.period);
  } else {
    check_slices(printed, plain);
  }
  if (plain.latency) {
    CHECK(printed.at("samples") == plain.latency->samples);
    CHECK(printed.at("measured_ms") == milliseconds_json(plain.latency->measured));
    CHECK(printed.value("infinite", false) == plain.latency->infinite);
    check_budget(printed.at("error_budget"),
                 (1 - plain.objective->percentile.to_double() / 100) * static_cast<double>(plain.latency->samples),
                 static_cast<double>(plain.latency->bad));
  }
  if (plain.error_rate) {
    CHECK(printed.at("samples") == plain.error_rate->samples);
    CHECK(printed.at("bad") == plain.error_rate->errors);
    CHECK(printed.at("measured") == ratio_json(plain.error_rate->measured()));
    check_budget(printed.at("error_budget"),
                 plain.objective->target.value.to_double() * static_cast<double>(plain.error_rate->samples),
                 static_cast<double>(plain.error_rate->errors));
  }
  REQUIRE(printed.at("regions").size() == plain.regions.size());
  for (std::size_t i = 0; i < plain.regions.size(); ++i) {
    const Json& region = printed.at("regions").at(i);
    INFO(region.dump());
    CHECK(region.at("region") == plain.regions[i].region);
    CHECK(region.at("coverage") == ratio_json(plain.regions[i].coverage));
    CHECK(region.at("measured") ==
          (plain.latency ? milliseconds_json(plain.regions[i].measured_time) : ratio_json(plain.regions[i].measured)));
  }
}

// 2026-10 in the objective's zone, by hand: Berlin's offsets are 2 h before and 1 h after October 25th, New York's 4 h.
Period october(const std::string& zone) {
  const auto at = [](const char* text) { return parse_time(text).value(); };
  if (zone == "Europe/Berlin") return {at("2026-09-30T22:00:00Z"), at("2026-10-31T23:00:00Z")};
  if (zone == "America/New_York") return {at("2026-10-01T04:00:00Z"), at("2026-11-01T04:00:00Z")};
  return {at("2026-10-01T00:00:00Z"), at("2026-11-01T00:00:00Z")};
}

}  // namespace

TEST_CASE("a known month that is imported is reported as a plain reading of the definitions has it") {
  const auto month = sla::brute::known_month(20261, "2026-10", 3, month_interval());
  const Store store;
  const Finished imported = store.import(sla::brute::as_json_lines(month.history));
  INFO(imported.errors);
  REQUIRE(imported.status == 0);

  const Finished report = store.run(
      {"report", "--month", "2026-10", "--format", "json", "--as-of", format_time(month.as_of), "--exit-zero"});
  INFO(report.errors);
  REQUIRE(report.status == 0);
  const Json printed = Json::parse(report.output);
  CHECK(printed.at("schema") == "nines.report/v1");
  CHECK(printed.at("as_of") == format_time(month.as_of));

  auto loaded = config::load(store.file, config::process_environment());
  REQUIRE(loaded.has_value());
  const config::Config& config = loaded->config;
  sla::History history = month.history;
  history.maintenance = config.maintenance;
  REQUIRE(printed.at("objectives").size() == config.objectives.size());
  std::vector<sla::Evaluation> plain;
  for (const config::Objective& objective : config.objectives) {
    const sla::ReportPeriod period{october(objective.time_zone), objective.time_zone, "2026-10"};
    plain.push_back(sla::brute::evaluate(objective, period, month.as_of, history, config.regions));
    check_objective(printed.at("objectives").at(plain.size() - 1), plain.back());
  }

  // The credits of the contract follow from the plain figures.
  const Finished contract = store.run({"report", "--month", "2026-10", "--format", "json", "--as-of",
                                       format_time(month.as_of), "--exit-zero", "--contract", "acme"});
  INFO(contract.errors);
  REQUIRE(contract.status == 0);
  const Json owed = Json::parse(contract.output);
  REQUIRE(owed.at("objectives").size() == 2);
  const auto below = [](const sla::Evaluation& one, std::int64_t thousandths) {
    const sla::Ratio measured = one.uptime->net.measured();
    return measured.part * 1000 < measured.whole * thousandths;
  };
  const double due_first = below(plain[0], 980) ? 0.25 : below(plain[0], 999) ? 0.1 : 0;
  const double due_second = below(plain[1], 990) ? 0.075 : 0;
  CHECK(owed.at("objectives").at(0).at("credit").at("due") ==
        (plain[0].verdict == sla::Verdict::inconclusive ? Json() : Json(due_first)));
  CHECK(owed.at("objectives").at(1).at("credit").at("due") ==
        (plain[1].verdict == sla::Verdict::inconclusive ? Json() : Json(due_second)));

  // The month is what was asked for: outages over both edges, unknown and excluded time, three regions.
  const Json& uptime = printed.at("objectives").at(0);
  CHECK(uptime.at("outages").front().at("from") < "2026-10-01");
  CHECK(uptime.at("outages").back().at("to") > "2026-11-01");
  CHECK(uptime.at("excluded_seconds") > 0);
  CHECK(printed.at("objectives").back().at("unknown_seconds") > 0);
  CHECK(printed.at("regions").size() == 3);
}

TEST_CASE("what is exported is imported again as the same bytes, and twice is once") {
  const auto month = sla::brute::known_month(7, "2026-02", 1, minutes(10));
  const std::string given = sla::brute::as_json_lines(month.history);
  const Store first;
  REQUIRE(first.import(given).status == 0);
  const std::string exported = first.exported();
  CHECK(std::ranges::count(exported, '\n') == std::ranges::count(given, '\n'));

  // Nothing of what was given is lost: every member of every line comes back with its value.
  std::map<std::pair<std::string, std::string>, Json> back;
  for (const Json& line : json_lines(exported)) back[{line.at("region"), line.at("time")}] = line;
  bool same = true;
  for (const Json& line : json_lines(given)) {
    const Json& found = back[{line.at("region"), line.at("time")}];
    for (const auto& [name, value] : line.items()) same = same && found.contains(name) && found.at(name) == value;
  }
  CHECK(same);

  const Store second;
  REQUIRE(second.import(exported).status == 0);
  CHECK(second.exported() == exported);
  const Finished again = second.import(exported);
  CHECK(again.status == 0);
  CHECK_THAT(again.output, Catch::Contains(": 0 results imported, ") && Catch::Contains("were there already"));
  CHECK(second.exported() == exported);
}

TEST_CASE("canonical lines of every kind come back byte for byte") {
  const std::string lines =
      R"({"check":"check-1","region":"eu","time":"2026-10-01T00:00:00.000000Z","success":true,"duration_ms":12.345,"status":200}
{"check":"check-1","region":"eu","time":"2026-10-01T00:00:00.000001Z","success":false,"duration_ms":0,"reason":"connect_refused"}
{"check":"check-1","region":"eu","time":"2026-10-01T00:01:00.500000Z","success":false,"duration_ms":30000,"status":503,"reason":"http_status","first_reason":"http_timeout","phases_ms":{"resolve":1,"connect":0.25,"tls":0,"processing":29990.001,"transfer":8.749},"interval_ms":15000,"attempts":3}
{"check":"journey \"<ü>\"","region":"eu","time":"2026-10-01T00:00:00.000000Z","success":true,"duration_ms":900.5,"status":204,"measured_ms":612.007,"interval_ms":60000}
)";
  const Store store;
  const Finished imported = store.import(lines);
  INFO(imported.errors);
  REQUIRE(imported.status == 0);
  const std::string exported = store.exported();
  CHECK(json_lines(exported) == json_lines(lines));
  // JSON's own escape for the one letter that is not ASCII is all that may differ.
  CHECK(exported.substr(0, exported.find("journey")) == lines.substr(0, lines.find("journey")));
}

TEST_CASE("a bad line is named by its number, and nothing of its file is kept") {
  const std::string good =
      R"({"check":"check-1","region":"eu","time":"2026-10-01T00:00:00Z","success":true,"duration_ms":1,"status":200})"
      "\n";
  const Store store;
  REQUIRE(store.import(good).status == 0);
  const std::string before = store.exported();
  const auto [line, what] = GENERATE(table<std::string, std::string>({
      {"not json", ""},
      {R"({"check":"check-1","region":"eu","time":"yesterday","success":true,"duration_ms":1})", "time"},
      {R"({"check":"check-1","region":"eu","time":"2026-10-03T00:00:00Z","success":true})", "duration_ms"},
      {R"({"check":"check-1","region":"eu","time":"2026-10-03T00:00:00Z","success":true,"duration_ms":1,"colour":1})",
       "colour"},
      // The key of the line that is there, with other content, written with another offset.
      {R"({"check":"check-1","region":"eu","time":"2026-10-01T02:00:00+02:00","success":true,"duration_ms":2})", ""},
  }));
  INFO(line);
  const std::string other =
      R"({"check":"check-1","region":"eu","time":"2026-10-02T00:00:00Z","success":true,"duration_ms":1})"
      "\n";
  const Finished imported = store.import(other + line + "\n");
  INFO(imported.errors);
  CHECK(imported.status == 2);
  CHECK_THAT(imported.errors, Catch::Contains("results.jsonl:2: ") && Catch::Contains(what));
  CHECK(store.exported() == before);
}
