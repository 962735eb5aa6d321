// The gate with a real Alertmanager and a real Prometheus beside it.

#include <chrono>
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/time.hpp"
#include "tests/e2e/gate_support.hpp"
#include "tests/harness/alertmanager.hpp"
#include "tests/harness/prometheus.hpp"

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
