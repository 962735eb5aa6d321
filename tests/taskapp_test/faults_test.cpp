#include <chrono>
#include <memory>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/harness/http.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines::harness;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::vector<int> statuses(const TaskApp& app, const std::string& path, int requests) {
  std::vector<int> out;
  for (int i = 0; i < requests; ++i) out.push_back(get(app.url(path)).status);
  return out;
}

}  // namespace

TEST_CASE("a status fault answers that status, in a health document where one is due") {
  const TaskApp app;
  app.faults(R"({"status": 503})");
  const Reply health = get(app.url("/health/readiness"));
  CHECK(health.status == 503);
  CHECK(json::parse(health.body)["status"] == "not ready");
  const Reply login = post(app.url("/api/v1/auth/login"), "{}");
  CHECK(login.status == 503);
  CHECK(json::parse(login.body).contains("error"));
  app.clear_faults();
  CHECK(get(app.url("/health/readiness")).status == 200);
}

TEST_CASE("an error rate is exact: of n requests, floor(n x rate) fail") {
  const TaskApp app;
  app.faults(R"({"path": "/health", "error_rate": 0.3, "error_status": 502})");
  CHECK(statuses(app, "/health", 10) == std::vector<int>{200, 200, 200, 502, 200, 200, 502, 200, 200, 502});
  app.faults(R"({"error_rate": 1})");
  CHECK(statuses(app, "/health", 3) == std::vector<int>{500, 500, 500});
  app.faults(R"({"error_rate": 0})");
  CHECK(statuses(app, "/health", 3) == std::vector<int>{200, 200, 200});
}

TEST_CASE("latency comes before the answer, be it true or another fault's") {
  const TaskApp app;
  app.faults(R"({"latency_ms": 150, "status": 418})");
  const auto started = steady_clock::now();
  CHECK(get(app.url("/metrics")).status == 418);
  CHECK(steady_clock::now() - started >= milliseconds(150));
}

TEST_CASE("hung requests get no answer, hold up nobody else, and end with their fault") {
  TaskApp app;
  app.faults(R"({"path": "/health/db", "hang": true, "count": 1})");
  const Reply hung = request("GET", app.url("/health/db"), {}, {}, milliseconds(200));
  CHECK(hung.status == 0);
  CHECK(get(app.url("/health")).status == 200);
  eventually([&] { return app.answered("GET", "/health/db", 0) == 1; }, "the service notices that its client has gone");

  // curl waits far longer than the test would: only the end of the fault, or of the service, can release it.
  const std::vector<std::string> curl{"curl", "-s", "-m", "600", app.url("/health/db")};
  const auto hang_one = [&] {
    app.faults(R"({"hang": true, "count": 1})");
    auto client = std::make_unique<Process>(curl);
    eventually([&] { return get(app.url("/faults")).body.contains("\"count\":0"); }, "the service has the request");
    CHECK(client->running());
    return client;
  };
  const auto released = hang_one();
  app.clear_faults();
  CHECK(released->wait() == 52);  // curl: nothing was returned
  const auto stopped = hang_one();
  app.stop();
  CHECK(stopped->wait() == 52);
}

TEST_CASE("a cut connection ends without an answer, a cut body in its middle") {
  const TaskApp app;
  app.faults(R"([{"path": "/health/db", "cut": true}, {"path": "/health", "cut_body": true}])");
  CHECK(run({"curl", "-s", app.url("/health/db")}).status == 52);  // curl: nothing was returned
  const Finished half = run({"curl", "-s", "-w", "%{http_code}", app.url("/health")});
  CHECK(half.status == 18);  // curl: the file is shorter than was said
  CHECK_THAT(half.output, Catch::StartsWith("{\"databases\"") && Catch::EndsWith("200") && !Catch::Contains("}200"));
  // The journal is written once the connection is gone.
  eventually([&] { return app.answered("GET", "/health/db", 0) == 1; }, "the cut answer is in the journal");
  eventually([&] { return app.answered("GET", "/health", 200) == 1; }, "the halved answer is in the journal");
}

TEST_CASE("an answer without a body is cut whole, though what was asked for is done") {
  const TaskApp app({"--visible-after", "0"});
  const Headers token{{"Authorization", "Bearer " + app.token()}};
  const Reply created = post(app.url("/api/v1/tasks"), R"({"title": "x"})", token);
  REQUIRE(created.status == 201);
  app.faults(R"({"method": "DELETE", "path": "/api/", "cut_body": true})");
  CHECK(del(app.url("/api/v1/tasks/" + json::parse(created.body)["id"].get<std::string>()), token).status == 0);
  eventually([&] { return app.answered("DELETE", "/api/v1/tasks/{id}", 0) == 1; }, "the cut answer is in the journal");
  CHECK(app.tasks() == 0);
}

TEST_CASE("a wrong body is a good status with something else inside") {
  const TaskApp app;
  app.faults(R"({"wrong_body": true})");
  CHECK(get(app.url("/health")).body == R"({"unexpected":true})");
  app.faults(R"({"wrong_body": "<html>"})");
  const Reply reply = get(app.url("/health"));
  CHECK(reply.status == 200);
  CHECK(reply.body == "<html>");
}

TEST_CASE("an invisible task is created and never seen") {
  const TaskApp app({"--visible-after", "0"});
  const Headers token{{"Authorization", "Bearer " + app.token()}};
  app.faults(R"({"method": "POST", "path": "/api/v1/tasks", "invisible": true, "count": 1})");
  for (const int seen : {404, 200}) {
    const Reply created = post(app.url("/api/v1/tasks"), R"({"title": "x"})", token);
    REQUIRE(created.status == 201);
    const std::string id = json::parse(created.body)["id"];
    CHECK(get(app.url("/api/v1/tasks/" + id), token).status == seen);
  }
}

TEST_CASE("a component that is down fails readiness, db and dependencies, and nothing else") {
  const TaskApp app;
  app.faults(R"({"component": {"mongodb": false}})");
  const auto [path, status] = GENERATE(table<std::string, int>({{"/health", 200},
                                                                {"/health/liveness", 200},
                                                                {"/health/readiness", 503},
                                                                {"/health/db", 503},
                                                                {"/health/dependencies", 503}}));
  const Reply reply = get(app.url(path));
  CHECK(reply.status == status);
  CHECK(json::parse(reply.body)["databases"]["mongodb"]["available"] == false);
  CHECK(json::parse(reply.body)["databases"]["redis"]["available"] == true);
}

TEST_CASE("the reported version changes as a deployment would change it") {
  const TaskApp app;
  app.faults(R"({"version": "9.9.9"})");
  CHECK(json::parse(get(app.url("/health")).body)["version"] == "9.9.9");
  CHECK_THAT(get(app.url("/metrics")).body, Catch::Contains("version=\"9.9.9\""));
}

TEST_CASE("of several faults the first that fits acts, as often as its count says") {
  const TaskApp app;
  app.faults(R"([{"path": "/health/db", "status": 501, "count": 2},
                 {"method": "POST", "status": 502},
                 {"version": "2"},
                 {"path": "/health", "status": 503},
                 {"status": 504}])");
  CHECK(statuses(app, "/health/db", 4) == std::vector<int>{501, 501, 503, 503});
  CHECK(post(app.url("/health/db"), "{}").status == 502);
  CHECK(get(app.url("/nothing")).status == 504);
  CHECK(json::parse(get(app.url("/health")).body)["version"] == "2");
  CHECK(json::parse(get(app.url("/faults")).body)[0]["count"] == 0);
}

TEST_CASE("a fault that makes no sense changes nothing and is named") {
  const TaskApp app;
  app.faults(R"({"status": 503})");
  const auto [text, sentence] = GENERATE(table<std::string, std::string>({
      {"{", "the faults are not JSON"},
      {"7", "expected an object, got 7"},
      {R"({"staus": 503})", "staus: no such key in a fault"},
      {R"({"status": 99})", "status: expected a whole number from 200 to 599, got 99"},
      {R"({"error_rate": 1.5})", "error_rate: expected a number from 0 to 1, got 1.5"},
      {R"({"error_status": 503})", "error_status: needs error_rate beside it"},
      {R"({"hang": "yes"})", "hang: expected true or false, got \"yes\""},
      {R"({"cut": true, "hang": true})",
       "hang: one fault has one of status, error_rate, hang, cut, cut_body, wrong_body"},
      {R"({"component": {"mysql": false}})", "component: mysql is unknown, expected mongodb or redis"},
  }));
  const Reply refused = post(app.url("/faults"), text);
  CHECK(refused.status == 400);
  CHECK(json::parse(refused.body)["error"] == sentence);
  CHECK(get(app.url("/health")).status == 503);
}

TEST_CASE("the journal keeps what was received, and a reset empties it and the counters") {
  const TaskApp app;
  REQUIRE(get(app.url("/health?x=1"), {{"traceparent", "00-1-2-01"}, {"X-Correlation-Id", "abc"}}).status == 200);
  const json last = json::parse(app.requests())["last"][0];
  CHECK(last["path"] == "/health");
  CHECK(last["headers"]["traceparent"] == "00-1-2-01");
  CHECK(last["headers"]["x-correlation-id"] == "abc");
  eventually([&] { return app.answered("GET", "/health", 200) == 1; }, "the answer is in the journal");
  REQUIRE(post(app.url("/reset"), "{}").status == 204);
  CHECK(app.answered("GET", "/health", 200) == 0);
  CHECK_THAT(get(app.url("/metrics")).body, !Catch::Contains("path=\"/health\""));
}

TEST_CASE("a latency rate is exact, and leaves the others to the next fault") {
  const TaskApp app;
  app.faults(R"([{"latency_ms": 300, "latency_rate": 0.5}, {"status": 418}])");
  const auto takes_long = [&] {
    const auto started = steady_clock::now();
    const int status = get(app.url("/metrics")).status;
    const bool slow = steady_clock::now() - started >= milliseconds(300);
    CHECK(status == (slow ? 200 : 418));
    return slow;
  };
  CHECK_FALSE(takes_long());
  CHECK(takes_long());
  CHECK_FALSE(takes_long());
  CHECK(takes_long());
}
