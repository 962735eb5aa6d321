// The contract's queries in a real Prometheus, held against what the service counted and what the agent stored. How
// far rate() may be off: it carries an increase on beyond the first and the last sample, each by at most 1.1 of the
// samples' mean distance; in a quotient of two rates over the same samples that cancels out.

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/prometheus.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;

namespace {

constexpr const char* kConfiguration = R"(
region: us-east-1
defaults: {interval: 400ms, timeout: 400ms}
metrics: {application_names: true}
checks:
  - {name: readiness, service: api-gateway, target: '${TARGET}/health/readiness'}
  - {name: liveness, service: api-tasks, target: '${TARGET}/health/liveness'}
journeys:
  - name: create-task
    service: tasks
    base_url: ${TARGET}
    interval: 6s
    timeout: 4s
    metric: task_creation_duration_seconds
    secrets: {password: {env: TASKS_PASSWORD}}
    steps:
      - name: login
        post: /api/v1/auth/login
        json: {email: probe@example.com, password: '{{ password }}'}
        expect: {status: 200}
        capture: {access: {jq: .access_token}}
      - name: create
        post: /api/v1/tasks
        headers: {Authorization: 'Bearer {{ access }}'}
        json: {title: 'synthetic {{ uuid }}'}
        expect: {status: 201}
        capture: {task_id: {jq: .id}}
        measure: true
      - name: visible
        get: /api/v1/tasks/{{ task_id }}
        headers: {Authorization: 'Bearer {{ access }}'}
        until: {status: 200}
        every: 50ms
        within: 3s
        measure: true
    finally:
      - {name: delete, when: task_id, delete: '/api/v1/tasks/{{ task_id }}', headers: {Authorization: 'Bearer {{ access }}'}, expect: {status: [204, 404]}}
)";

const std::vector<double> kBuckets{0, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30};

// A percentile of a histogram lies in the bucket of the true one. Its samples and the exported ones differ by those of
// the first scrape, so any of the slowest tenth may be the 95th.
void check_p95(double answer, std::vector<double> seconds) {
  std::ranges::sort(seconds);
  REQUIRE(!seconds.empty());
  const double least = seconds[seconds.size() * 9 / 10];
  const double most = seconds.back();
  INFO(fmt::format("{} of {} to {}", answer, least, most));
  CHECK(answer >= *std::prev(std::ranges::upper_bound(kBuckets, least)));
  CHECK(answer <= *std::ranges::lower_bound(kBuckets, most));
}

std::vector<double> durations(const std::vector<Json>& lines, const std::string& member) {
  std::vector<double> seconds;
  for (const Json& line : lines) {
    if (line.contains(member) && line.contains("status")) seconds.push_back(line.at(member).get<double>() / 1000);
  }
  return seconds;
}

}  // namespace

TEST_CASE("the contract's queries give what the service was told to do") {
  const TaskApp app({"--visible-after", "300"});
  // From before the first probe on, so that every series of answers is there when Prometheus first looks.
  app.faults(R"([{"path": "/health/readiness", "latency_ms": 60, "error_rate": 0.25},
                 {"path": "/health/liveness", "latency_ms": 60, "error_rate": 0.25}])");
  Agent agent(kConfiguration, {{"TARGET", app.url()}, {"TASKS_PASSWORD", "correct horse"}});
  const Prometheus prometheus({{"nines", agent.address()}});

  eventually([&] { return prometheus.query(R"(count(http_requests_total{status_code="500"}))") == 2.0; },
             "both checks' errors are scraped");
  const Json before = Json::parse(app.requests());
  const long enough = answered(before, "/health/", 200, 599) + 40;
  eventually([&] { return answered(Json::parse(app.requests()), "/health/", 200, 599) >= enough; },
             "the service has answered 40 more", std::chrono::minutes(1));
  eventually([&] { return agent.metric("task_creation_duration_seconds_count").value() >= 2; }, "two journeys end");
  const Json after = Json::parse(app.requests());
  // What the service has answered by now reaches Prometheus.
  const auto bad = static_cast<double>(answered(after, "/", 500, 599));
  const auto journeys = agent.metric("task_creation_duration_seconds_count").value();
  eventually(
      [&] {
        return prometheus.query(R"(sum(http_requests_total{status_code=~"5.."}))").value() >= bad &&
               prometheus.query("sum(task_creation_duration_seconds_count)").value() >= journeys;
      },
      "it is scraped");

  // At each end of the window a run of either check may be counted by the service and not yet by the agent, or be
  // scraped after the service was asked.
  const auto total = static_cast<double>(answered(after, "/", 200, 599) - answered(before, "/", 200, 599));
  const double expected = (bad - static_cast<double>(answered(before, "/", 500, 599))) / total;
  const double ratio =
      prometheus.query(R"(sum(rate(http_requests_total{status_code=~"5.."}[5m])) / sum(rate(http_requests_total[5m])))")
          .value();
  CHECK(ratio == Approx(expected).epsilon(0).margin(5 / total));
  const double api = prometheus
                         .query(R"(sum(rate(http_requests_total{service=~"api-.*",status_code="500"}[5m])))"
                                R"( / sum(rate(http_requests_total{service=~"api-.*"}[5m])))")
                         .value();
  CHECK(api == Approx(0.25).epsilon(0).margin(0.05));

  std::vector<double> answers = durations(agent.exported("readiness"), "duration_ms");
  std::ranges::copy(durations(agent.exported("liveness"), "duration_ms"), std::back_inserter(answers));
  CHECK(*std::ranges::min_element(answers) >= 0.06);
  check_p95(
      prometheus
          .query(
              R"(histogram_quantile(0.95, sum(rate(http_request_duration_seconds_bucket{service=~"api-.*"}[5m])) by (le)))")
          .value(),
      answers);

  const std::vector<double> created = durations(agent.exported("create-task"), "measured_ms");
  CHECK(*std::ranges::min_element(created) >= 0.3);
  check_p95(prometheus.query("histogram_quantile(0.95, sum(rate(task_creation_duration_seconds_bucket[5m])) by (le))")
                .value(),
            created);

  agent.process().signal(SIGTERM);
  CHECK(agent.process().wait() == 0);
  CHECK(app.tasks() == 0);
}
