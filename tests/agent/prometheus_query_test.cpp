// What a Prometheus answers to an objective's query: a real one, and answers that only a server of ours gives.

#include "agent/prometheus_query.hpp"

#include <cmath>
#include <memory>
#include <mutex>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "agent/exporter.hpp"
#include "agent/http/listener.hpp"
#include "base/clock.hpp"
#include "sla/whitebox.hpp"
#include "tests/agent/support.hpp"
#include "tests/harness/prometheus.hpp"

namespace nines::agent {
namespace {

using Catch::Contains;

config::Remote remote(const std::string& url) {
  config::Remote made;
  made.url = url;
  return made;
}

sla::PrometheusFigures ask(const std::string& url, const std::string& query, Time at = system_clock().now()) {
  config::Objective objective;
  objective.indicator = config::Indicator::prometheus;
  objective.query = query;
  return ask_prometheus(remote(url), objective, at);
}

// Answers every query with one body.
class Answering {
 public:
  Answering(int status, const std::string& body) : listener_(std::move(Listener::bind("127.0.0.1", 0).value())) {
    listener_->get("/api/v1/query", [this, status, body](const HttpQuery& asked) {
      const std::lock_guard lock(mutex_);
      query_ = asked.parameter("query");
      time_ = asked.parameter("time");
      return HttpAnswer{status, "application/json", body};
    });
    listener_->serve();
  }

  std::string url() const { return listener_->url(); }
  std::string query() const {
    const std::lock_guard lock(mutex_);
    return query_;
  }
  std::string time() const {
    const std::lock_guard lock(mutex_);
    return time_;
  }

 private:
  mutable std::mutex mutex_;
  std::string query_;
  std::string time_;
  std::unique_ptr<Listener> listener_;  // last: its threads use the others
};

}  // namespace

TEST_CASE("a real Prometheus is asked for the value of a query at a moment") {
  const harness::Prometheus prometheus({});
  const Time moment = *parse_time("2026-10-31T23:59:59.250001Z");
  struct Case {
    const char* query;
    double value;
  };
  for (const auto& [query, value] : {Case{"0.8312", 0.8312}, Case{"vector(80)", 80}, Case{"1e6 * 2", 2e6}}) {
    CAPTURE(query);
    const auto figures = ask(prometheus.url(), query, moment);
    CHECK(figures.trouble == "");
    REQUIRE(figures.value);
    CHECK(*figures.value == value);
    CHECK(figures.asked_for == moment);
    CHECK_THAT(figures.answer, Contains("\"status\":\"success\""));
  }
  // To the millisecond, which is what Prometheus knows.
  CHECK(*ask(prometheus.url(), "time()", moment).value == 1793491199.25);
  CHECK(std::isinf(*ask(prometheus.url(), "1 / 0", moment).value));

  config::Objective objective;
  objective.query = "0 / 0";
  const auto judged = sla::evaluate_answer(objective, {}, moment, ask(prometheus.url(), "0 / 0", moment));
  CHECK(judged.verdict == sla::Verdict::inconclusive);
  CHECK(judged.why == "the query gave no number (NaN)");
}

TEST_CASE("a real Prometheus that gives no single value is told apart") {
  const harness::Prometheus prometheus({});
  const auto [query, trouble] = GENERATE(table<std::string, std::string>({
      {"no_such_series", "the query gave no series: expected one"},
      {R"(label_replace(vector(1), "a", "b", "", "") or vector(2))", "the query gave 2 series: expected one"},
      {"vector(1)[5m:1m]", "the query gives a matrix: expected one value"},
      {"\"text\"", "the query gives a string: expected one value"},
      {"sum(", "the query was refused: "},
  }));
  const auto figures = ask(prometheus.url(), query);
  CHECK_FALSE(figures.value);
  CHECK_THAT(figures.trouble, Contains(trouble));
  CHECK_FALSE(figures.answer.empty());
}

TEST_CASE("answers that are none, partial or of another kind have no value") {
  const auto [status, body, trouble] = GENERATE(table<int, std::string, std::string>({
      {200, "<html>", "the answer is no JSON of Prometheus's HTTP API"},
      {200, "[]", "the answer is no JSON of Prometheus's HTTP API"},
      {200, R"({"status":"success"})", "the answer is no JSON of Prometheus's HTTP API"},
      {200, R"({"status":"success","data":{"resultType":"vector"}})", "the answer holds no result"},
      {200, R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}})",
       "the answer holds no value"},
      {200, R"({"status":"success","data":{"resultType":"scalar","result":[1,"many"]}})", "the answer holds no value"},
      {200, R"({"status":"success","data":{"resultType":"scalar","result":[1,2]}})", "the answer holds no value"},
      {200,
       R"({"status":"success","warnings":["store 10.0.0.1 is not there"],"data":{"resultType":"scalar","result":[1,"2"]}})",
       "the answer is partial: store 10.0.0.1 is not there"},
      {503, "busy\nindeed", "the query was answered with status 503: busy"},
      {422, R"({"status":"error","errorType":"execution","error":"too many samples"})",
       "the query was refused: too many samples"},
  }));
  CAPTURE(body);
  const Answering server(status, body);
  const auto figures = ask(server.url(), "up");
  CHECK_FALSE(figures.value);
  CHECK_THAT(figures.trouble, Contains(trouble));
}

TEST_CASE("advice on a query is no trouble, and the query goes out as it stands") {
  const Answering server(
      200,
      R"({"status":"success","warnings":["PromQL info: metric might not be a counter"],"data":{"resultType":"scalar","result":[1,"2.5"]}})");
  const std::string query = "sum(rate(a_total{x=\"1&2+3\"}[5m])) / 100 % 7 # ü";
  const auto figures = ask(server.url(), query, Time(Micros(1'793'491'199'250'001)));
  CHECK(figures.value == 2.5);
  CHECK(server.query() == query);
  CHECK(server.time() == "1793491199.250001");
}

TEST_CASE("a Prometheus that is not there gives no answer") {
  const auto figures = ask("http://127.0.0.1:1", "up");
  CHECK_FALSE(figures.value);
  CHECK(figures.answer.empty());
  CHECK_THAT(figures.trouble, Contains("http://127.0.0.1:1 gave no answer: "));
}

TEST_CASE("objectives over a query have their verdict and figure as metrics") {
  const Answering server(200, R"({"status":"success","data":{"resultType":"scalar","result":[1,"65"]}})");
  tests::MonitorFixture fixture(fmt::format(R"(
checks: [{{name: a, target: 'http://127.0.0.1:1/'}}]
prometheus: '{}'
objectives:
  - {{name: cpu, service: a, indicator: prometheus, query: cpu, unit: percent, target: '< 70%', window: 30d}}
  - {{name: time, service: a, indicator: prometheus, query: time, unit: milliseconds, target: '< 50ms', window: 30d}}
  - {{name: plain, service: a, indicator: prometheus, query: plain, target: '> 70'}}
)",
                                            server.url()));
  Evaluator evaluator(fixture.config, *fixture.store, fixture.clock);
  LoadState load;
  journeys::Ledger ledger;
  const AlertCounts alerts;
  const Exporter exporter{*fixture.config, fixture.metrics, fixture.monitor, evaluator, *fixture.store, load,
                          ledger,          alerts};
  harness::eventually([&] { return !evaluator.latest()->empty(); }, "the objectives are evaluated");

  const tests::Families families = exporter.collect("");
  const auto labels = [](const char* objective, const char* verdict = nullptr) {
    tests::LabelMap made{{"objective", objective}, {"service", "a"}, {"region", "default"}};
    if (verdict != nullptr) made["verdict"] = verdict;
    return made;
  };
  CHECK(tests::gauge(families, "nines_objective_verdict", labels("cpu", "met")) == 1);
  CHECK(tests::gauge(families, "nines_objective_verdict", labels("time", "missed")) == 1);
  CHECK(tests::gauge(families, "nines_objective_verdict", labels("plain", "inconclusive")) == 1);  // its month runs
  CHECK(tests::gauge(families, "nines_objective_sli_ratio", labels("cpu")) == 0.65);
  CHECK(tests::gauge(families, "nines_objective_target_ratio", labels("cpu")) == 0.7);
  CHECK(tests::gauge(families, "nines_objective_latency_seconds", labels("time")) == 0.065);
  CHECK(tests::gauge(families, "nines_objective_target_seconds", labels("time")) == 0.05);
  CHECK_FALSE(tests::has_sample(families, "nines_objective_sli_ratio", labels("plain")));
  CHECK_FALSE(tests::has_sample(families, "nines_objective_error_budget_remaining_ratio", labels("cpu")));
}

}  // namespace nines::agent
