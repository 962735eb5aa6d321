// The gate with a real Alertmanager and a real Prometheus beside it.

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/time.hpp"
#include "tests/e2e/gate_support.hpp"
#include "tests/harness/alertmanager.hpp"
#include "tests/harness/nginx.hpp"
#include "tests/harness/process.hpp"
#include "tests/harness/prometheus.hpp"
#include "tests/harness/sink.hpp"
#include "tests/harness/tools.hpp"

using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

Finished baseline(const GateStore& store) {
  return gate({"baseline", "-c", store.config, "--deployment", "v2", "--author", "ops"});
}

Finished verify(const GateStore& store) {
  return gate(
      {"verify", "-c", store.config, "--deployment", "v2", "--for", "3s", "--every", "20ms", "--min-samples", "5"});
}

Json silences(const Alertmanager& alertmanager) {
  return Json::parse(get(alertmanager.url("/api/v2/silences")).body);
}

}  // namespace

TEST_CASE("a gate silences alerts and is not silenced by that") {
  const TaskApp app;
  Alertmanager alertmanager;
  const GateStore store(app, fmt::format("alerting: {{alertmanagers: ['{}']}}\n", alertmanager.url()));
  const Finished taken = baseline(store);
  CAPTURE(taken.output, taken.errors);
  REQUIRE(taken.status == 0);
  CHECK_THAT(taken.output, Contains("silenced until "));
  const Json opened = silences(alertmanager);
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].at("status").at("state") == "active");
  CHECK(opened[0].at("createdBy") == "ops");
  CHECK(opened[0].at("comment") == "deployment v2");
  CHECK(opened[0].at("matchers")[0].at("name") == "service");
  CHECK(opened[0].at("matchers")[0].at("value") == "tasks");

  const std::string now =
      nines::format_time(std::chrono::time_point_cast<nines::Micros>(std::chrono::system_clock::now()), 3);
  const std::string alert = fmt::format(
      R"([{{"labels": {{"alertname": "DiskFull", "service": "tasks", "severity": "critical"}}, "startsAt": "{}"}}])",
      now);
  REQUIRE(post(alertmanager.url("/api/v2/alerts"), alert).status == 200);
  eventually([&] { return get(alertmanager.url("/api/v2/alerts")).body.contains("DiskFull"); }, "the alert is there");
  const Finished judged = verify(store);
  CAPTURE(judged.output, judged.errors);
  CHECK(judged.status == 1);
  CHECK_THAT(judged.output, Contains("critical alert: DiskFull of tasks"));
  eventually([&] { return silences(alertmanager)[0].at("status").at("state") == "expired"; }, "the silence is closed");

  alertmanager.kill();
  const Finished blind = verify(store);
  CHECK(blind.status == 3);
  CHECK_THAT(blind.output, Contains("gave no answer"));
}

TEST_CASE("the silence of a gate lasts as long as its verification, also where that is longer") {
  const TaskApp app;
  const Alertmanager alertmanager;
  const GateStore store(app, fmt::format("alerting: {{alertmanagers: ['{}']}}\n", alertmanager.url()));
  const auto taken = [&](const char* length) {
    return gate({"baseline", "-c", store.config, "--deployment", "v2", "--silence", length, "--buffer", "0s"}).status;
  };
  // Which one that the version never comes to waits for.
  const auto verification = [&] {
    return std::make_unique<Process>(std::vector<std::string>{nines_binary(), "gate", "verify", "-c", store.config,
                                                              "--deployment", "v2", "--expect-version", "9.9.9",
                                                              "--wait", "1h"});
  };
  const auto stopped = [](Process& process) {
    process.signal(SIGTERM);
    return process.wait();
  };
  const auto ends = [](const Json& silence) { return *nines::parse_time(silence.at("endsAt").get<std::string>()); };
  const auto active = [&] {
    std::vector<Json> found;
    for (const Json& one : silences(alertmanager)) {
      if (one.at("status").at("state") == "active") found.push_back(one);
    }
    return found;
  };

  REQUIRE(taken("30m") == 0);
  const Json opened = silences(alertmanager).at(0);
  {
    const auto waiting = verification();
    eventually([&] { return ends(silences(alertmanager).at(0)) > ends(opened) + std::chrono::minutes(20); },
               "the silence lasts longer");
    CHECK(active().size() == 1);
    CHECK(active().at(0).at("id") == opened.at("id"));
    CHECK(stopped(*waiting) == 3);
    CHECK_THAT(waiting->output(), Contains("silenced until "));
  }
  CHECK(active().empty());

  // One that was over before the verification began.
  REQUIRE(taken("1s") == 0);
  eventually([&] { return active().empty(); }, "the silence is over");
  {
    const auto waiting = verification();
    eventually([&] { return active().size() == 1; }, "it is silenced again");
    CHECK(active().at(0).at("comment") == "deployment v2");
    CHECK(active().at(0).at("createdBy") == "nines gate");
    CHECK(active().at(0).at("matchers").at(0).at("value") == "tasks");
    CHECK(stopped(*waiting) == 3);
  }
  CHECK(active().empty());
}

TEST_CASE("a baseline that cannot be silenced everywhere silences nowhere") {
  const TaskApp app;
  const Alertmanager alertmanager;
  const Nginx sick("location /api/v2/alerts { return 200 '[]'; } location / { return 503; }");
  const GateStore store(app,
                        fmt::format("alerting: {{alertmanagers: ['{}', '{}']}}\n", alertmanager.url(), sick.url()));
  const Finished taken = baseline(store);
  CAPTURE(taken.output, taken.errors);
  CHECK(taken.status == 3);
  CHECK_THAT(taken.output, Contains("no silence: ") && Contains("answered 503") && !Contains("silenced until "));
  const Json opened = silences(alertmanager);
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].at("status").at("state") == "expired");
}

TEST_CASE("a deployment is marked in Grafana with its verdict") {
  const TaskApp app;
  Sink grafana;
  const TempDir secrets;
  const std::string token = secrets.write("token", "glsa_sesame").string();
  const GateStore store(app, fmt::format("grafana: {{url: '{}', token: {{file: '{}'}}}}\n", grafana.url(), token));
  REQUIRE(baseline(store).status == 0);
  CHECK(grafana.taken().empty());
  REQUIRE(verify(store).status == 0);
  REQUIRE(grafana.taken().size() == 1);
  const Sink::Taken mark = grafana.taken().front();
  CHECK(mark.path == "/api/annotations");
  CHECK(mark.authorization == "Bearer glsa_sesame");
  const Json body = Json::parse(mark.body);
  CHECK(body.at("tags") == Json{"deployment", "nines", "v2", "pass", "tasks"});
  CHECK(body.at("text") == "Deployment v2: pass");
  CHECK(body.at("timeEnd").get<std::int64_t>() - body.at("time").get<std::int64_t>() >= 2000);

  app.faults(R"({"status": 503})");
  CHECK(verify(store).status == 1);
  CHECK(Json::parse(grafana.taken().back().body).at("tags").at(3) == "rollback");
  CHECK_THAT(grafana.taken().back().body, Contains("Deployment v2: rollback: ") && Contains("of tasks failed"));

  as_ever(app);
  grafana.answer(500);
  const Finished unmarked = verify(store);
  CHECK(unmarked.status == 0);
  CHECK_THAT(unmarked.output, Contains("no annotation: ") && Contains("answered 500") && !Contains("sesame"));
}

TEST_CASE("Prometheus is asked for CPU and memory") {
  const TaskApp app;
  const Prometheus prometheus({});
  const auto [cpu, status, told] = GENERATE(table<std::string, int, std::string>({
      {"vector(50)", 0, "CPU 50.0 %: normal"},
      {"vector(85)", 0, "CPU is at 85.0 %"},
      {"vector(95)", 1, "CPU is at 95.0 %"},
      {"no_such_series", 3, "has no data for no_such_series"},
      {"sum(", 3, "answered 400"},
  }));
  CAPTURE(cpu);
  const GateStore store(app, fmt::format("prometheus: {{url: '{}'}}\ngate: {{cpu: '{}'}}\n", prometheus.url(), cpu));
  REQUIRE(baseline(store).status == 0);
  const Finished judged = verify(store);
  CAPTURE(judged.output, judged.errors);
  CHECK(judged.status == status);
  CHECK_THAT(judged.output, Contains(told) && Contains("not judged: memory"));
}
