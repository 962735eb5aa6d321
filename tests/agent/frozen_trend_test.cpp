// A trend takes what was frozen, and says the same as what is stored as long as that has not changed.

#include "agent/frozen_trend.hpp"

#include "base/json.hpp"
#include "reports/json_trend.hpp"
#include "tests/agent/month_store.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {

using tests::MonthStore;

namespace {

constexpr const char* kThree =
    "target: '99%'}, {name: errors, checks: [gateway], indicator: error_rate, errors: failures, window: month, target: "
    "'< 1%'}, {name: fast, checks: [gateway], indicator: latency, percentile: 95, window: month, target: '< 100ms'";

Json trends(const MonthStore& store, const std::vector<std::string>& more = {}) {
  Json all = Json::array();
  for (const Json& objective : store.figures(more)["objectives"]) all.push_back(objective["trend"]);
  return all;
}

// Of the month before the report's own, for each objective.
std::vector<Json> september(const Json& trends) {
  std::vector<Json> points;
  for (const Json& trend : trends) points.push_back(trend[trend.size() - 2]);
  return points;
}

void freeze_september(const MonthStore& store) {
  const auto frozen = store.run({"report", "--month", "2024-09", "--freeze", "--format", "json"});
  INFO(frozen.err);
  REQUIRE(frozen.exit != 2);
  REQUIRE(frozen.exit != 4);
}

// Three failures in a row after each success of half of September.
void import_failures(const MonthStore& store) {
  std::string lines;
  const Time end = *parse_time("2024-09-20T00:00:00Z");
  for (Time t = *parse_time("2024-09-05T00:00:00Z"); t < end; t += std::chrono::hours(1)) {
    for (const int minute : {10, 20, 30}) lines += MonthStore::line(t + std::chrono::minutes(minute), false);
  }
  store.import(lines);
}

}  // namespace

TEST_CASE("the trend of a frozen month is what was frozen, and was the same when it was read") {
  MonthStore store;
  store.configure({}, kThree);
  const Json read = trends(store);
  REQUIRE(read.size() == 3);
  for (const Json& point : september(read)) {
    CHECK(point["label"] == "2024-09");
    CHECK(point["no_data"] == false);
    CHECK(point["verdict"] == "met");
  }
  freeze_september(store);
  CHECK(trends(store) == read);

  import_failures(store);
  CHECK(trends(store) == read);
  const auto revised = store.run({"report", "--month", "2024-09", "--freeze", "--reason", "late results"});
  INFO(revised.err);
  REQUIRE(revised.exit == 1);
  const Json later = trends(store);
  CHECK(later != read);
  for (const Json& point : september(later)) CHECK(point["no_data"] == false);
  CHECK(september(later)[0]["verdict"] == "missed");
  CHECK(september(later)[1]["verdict"] == "missed");
}

TEST_CASE("what was frozen after a report's own time, of other limits or of other regions is not taken") {
  MonthStore store;
  store.configure({}, kThree);
  freeze_september(store);
  import_failures(store);
  const Json frozen = trends(store);

  const Json before = trends(store, {"--as-of", "2024-11-02T00:00"});
  CHECK(september(before)[1]["verdict"] == "missed");

  store.configure({}, "target: '98%'");
  CHECK(september(trends(store))[0] != september(frozen)[0]);

  store.configure({}, kThree);
  CHECK(trends(store) == frozen);
  store.import(R"({"check":"gateway","region":"us","time":"2024-09-01T00:10:00Z","success":true,"duration_ms":20})"
               "\n");
  CHECK(september(trends(store))[1]["verdict"] != september(frozen)[1]["verdict"]);
}

TEST_CASE("what a region froze of itself is not taken where several should report") {
  MonthStore store;
  store.configure({}, kThree);
  freeze_september(store);
  import_failures(store);
  const Json combination = trends(store);
  CHECK(september(combination)[1]["verdict"] == "met");
  // As an agent would have written it.
  auto month = store::open_reader(store.data)->frozen()->front();
  month.region = "eu";
  month.made += Micros(1);
  Json report = Json::parse(month.report);
  report["objectives"][1]["verdict"] = "inconclusive";
  month.report = report.dump();
  REQUIRE(store::Book::open(store.data)->freeze(month, {}).has_value());
  CHECK(september(trends(store))[1]["verdict"] == "inconclusive");
  store.configure("regions: [eu, us]\n", kThree);
  CHECK(september(trends(store))[1]["verdict"] == "met");
}

TEST_CASE("a frozen report that is not one gives no point") {
  MonthStore store;
  store.configure({}, kThree);
  const Json report = store.figures();
  config::Objective objective;
  objective.name = "errors";
  objective.indicator = config::Indicator::error_rate;
  objective.errors = config::ErrorsAre::failures;
  objective.target.text = report["objectives"][1]["target"].get<std::string>();
  const sla::ReportPeriod october{
      {*parse_time("2024-10-01T00:00:00Z"), *parse_time("2024-11-01T00:00:00Z")}, "UTC", "2024-10"};
  const auto point = reports::trend_point_in(report, objective, october);
  REQUIRE(point.has_value());
  CHECK(point->ratio == sla::Ratio{24, 744});

  for (const char* key : {"name", "indicator", "target", "errors", "period", "bad", "samples", "verdict", "trend"}) {
    CAPTURE(key);
    for (const Json& other : {Json(), Json(7), Json("x"), Json::array(), Json::object()}) {
      Json changed = report;
      changed["objectives"][1][key] = other;
      const auto found = reports::trend_point_in(changed, objective, october);
      CHECK(found.has_value() == (other == 7 && (std::string(key) == "bad" || std::string(key) == "samples")));
    }
    Json without = report;
    without["objectives"][1].erase(key);
    CHECK_FALSE(reports::trend_point_in(without, objective, october).has_value());
  }
  for (const Json& other : {Json(), Json(7), Json::array(), Json({{"objectives", 7}}), Json({{"objectives", {7}}})}) {
    CHECK_FALSE(reports::trend_point_in(other, objective, october).has_value());
  }
  Json running = report;
  running["objectives"][1]["on_track"] = true;
  CHECK_FALSE(reports::trend_point_in(running, objective, october).has_value());
}

}  // namespace nines::agent
