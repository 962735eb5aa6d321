#include "agent/metrics.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/agent/support.hpp"

namespace nines::agent {

using namespace std::chrono_literals;
using tests::config_of;
using tests::counter;
using tests::LabelMap;
using tests::sample;

namespace {

constexpr const char* kConfig = R"(
region: test
services:
  - {name: api, labels: {team: platform}}
checks:
  - {name: gateway, service: api, target: 'http://127.0.0.1:1/health?full=1', interval: 10s}
journeys:
  - name: create
    service: tasks
    base_url: http://127.0.0.1:1
    interval: 10s
    metric: task_creation_duration_seconds
    steps: [{name: login, post: /login}, {name: make, post: '/tasks/{{ run_id }}'}]
objectives:
  - {name: fast, service: api, checks: [gateway], indicator: latency, percentile: 95, target: '< 200ms', critical: '> 1s'}
  - {name: make, journeys: [create], indicator: latency, percentile: 95, target: '<= 2.5s'}
  - {name: up, service: api, indicator: uptime, target: '99.9%'}
)";

const LabelMap kGateway{{"check", "gateway"}, {"service", "api"}, {"region", "test"}, {"team", "platform"}};
const LabelMap kCreate{{"check", "create"}, {"service", "tasks"}, {"region", "test"}};

LabelMap with(LabelMap labels, const std::string& name, const std::string& value) {
  labels[name] = value;
  return labels;
}

std::vector<double> bounds(const prometheus::ClientMetric& metric) {
  std::vector<double> found;
  for (const auto& bucket : metric.histogram.bucket) {
    if (!std::isinf(bucket.upper_bound)) found.push_back(bucket.upper_bound);
  }
  return found;
}

// A journey of two steps: the first passed in 100 ms, the second took 200 ms and ended as told.
RunReport journey_run(const config::Schedule& schedule, Reason second) {
  RunReport report =
      second == Reason::none ? tests::success_of(schedule, tests::at(0)) : tests::failure_of(schedule, tests::at(0));
  report.result.row.measured = second == Reason::none ? Micros(300ms) : ResultRow::kNone;
  report.result.evidence.failed_step = second == Reason::none ? "" : "make";
  journeys::StepResult login;
  login.name = "login";
  login.duration = 100ms;
  login.requests = {{"POST", "/login", 200, 100ms}};
  journeys::StepResult make;
  make.name = "make";
  make.duration = 200ms;
  make.outcome = {second, second == Reason::none ? "" : "wrong"};
  make.requests = {{"POST", "/tasks/{{ run_id }}", second == Reason::none ? 201 : 0, 200ms}};
  report.steps = {login, make};
  for (const auto& step : report.steps) {
    report.requests.insert(report.requests.end(), step.requests.begin(), step.requests.end());
  }
  return report;
}

}  // namespace

TEST_CASE("duration buckets are the contract's with every limit of a latency objective, sorted, each once") {
  CHECK(duration_buckets(*config_of(kConfig)) ==
        std::vector<double>{0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 5, 10, 30});
  CHECK(duration_buckets(config::Config{}) ==
        std::vector<double>{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30});
}

TEST_CASE("a check has the labels check, service, region and its service's own") {
  const auto config = config_of(kConfig);
  const auto labels = check_labels(*config, config->checks[0].schedule);
  CHECK(LabelMap(labels.begin(), labels.end()) == kGateway);
}

TEST_CASE("every counter of a check is there at zero before its first run") {
  const auto config = config_of(kConfig);
  const auto families = Metrics(*config).collect();
  CHECK(counter(families, "nines_check_results_total", with(kGateway, "result", "success")) == 0);
  CHECK(counter(families, "nines_check_results_total", with(kGateway, "result", "failure")) == 0);
  CHECK(counter(families, "nines_check_attempts_total", kGateway) == 0);
  CHECK(counter(families, "nines_scheduler_skipped_total", kGateway) == 0);
  CHECK(sample(families, "nines_check_duration_seconds", kGateway).histogram.sample_count == 0);
  CHECK(counter(families, "nines_journey_cleanup_failures_total", kCreate) == 0);
  CHECK(counter(families, "nines_journey_completions_total",
                with(with(kCreate, "result", "success"), "failed_step", "")) == 0);
  CHECK(sample(families, "task_creation_duration_seconds", {{"service", "tasks"}, {"region", "test"}})
            .histogram.sample_count == 0);
}

TEST_CASE("results and attempts are counted, durations are those of successes") {
  const auto config = config_of(kConfig);
  Metrics metrics(*config);
  const config::Schedule& schedule = config->checks[0].schedule;
  metrics.finished(*config, tests::success_of(schedule, tests::at(0)));
  RunReport failed = tests::failure_of(schedule, tests::at(10));
  failed.result.row.attempts = 3;
  failed.result.row.duration = 5s;
  metrics.finished(*config, failed);
  metrics.skipped(schedule, 4);
  metrics.started(2ms);

  const auto families = metrics.collect();
  CHECK(counter(families, "nines_check_results_total", with(kGateway, "result", "success")) == 1);
  CHECK(counter(families, "nines_check_results_total", with(kGateway, "result", "failure")) == 1);
  CHECK(counter(families, "nines_check_attempts_total", kGateway) == 4);
  CHECK(counter(families, "nines_scheduler_skipped_total", kGateway) == 4);
  const auto& histogram = sample(families, "nines_check_duration_seconds", kGateway).histogram;
  CHECK(histogram.sample_count == 1);
  CHECK(histogram.sample_sum == Approx(0.012345));
  CHECK(bounds(sample(families, "nines_check_duration_seconds", kGateway)) == duration_buckets(*config));
  const auto& lateness = sample(families, "nines_scheduler_lateness_seconds", {}).histogram;
  CHECK(lateness.sample_count == 1);
  CHECK(lateness.sample_sum == Approx(0.002));
}

TEST_CASE("a journey's completions say which step failed, its step histograms hold steps that passed") {
  const auto config = config_of(kConfig);
  Metrics metrics(*config);
  const config::Schedule& schedule = config->journeys[0].schedule;
  metrics.finished(*config, journey_run(schedule, Reason::none));
  RunReport failed = journey_run(schedule, Reason::assertion);
  failed.cleanup_failures = {{Reason::http_status, "left behind"}, {Reason::http_status, "left behind"}};
  failed.given_up = 1;
  metrics.finished(*config, failed);
  metrics.cleaned(*config, failed);

  const auto families = metrics.collect();
  const auto completions = [&](const char* result, const char* step) {
    return counter(families, "nines_journey_completions_total",
                   with(with(kCreate, "result", result), "failed_step", step));
  };
  CHECK(completions("success", "") == 1);
  CHECK(completions("failure", "make") == 1);
  CHECK(counter(families, "nines_journey_cleanup_failures_total", kCreate) == 2);
  CHECK(counter(families, "nines_journey_leftovers_given_up_total", kCreate) == 1);

  const auto steps = [&](const char* step) -> const auto& {
    return sample(families, "nines_journey_step_duration_seconds",
                  {{"journey", "create"}, {"service", "tasks"}, {"region", "test"}, {"step", step}})
        .histogram;
  };
  CHECK(steps("login").sample_count == 2);
  CHECK(steps("make").sample_count == 1);
  CHECK(steps("make").sample_sum == Approx(0.2));
}

TEST_CASE("the histogram that `metric` names has the labels service and region and holds measured times") {
  const auto config = config_of(kConfig);
  Metrics metrics(*config);
  metrics.finished(*config, journey_run(config->journeys[0].schedule, Reason::none));
  metrics.finished(*config, journey_run(config->journeys[0].schedule, Reason::assertion));
  const auto families = metrics.collect();
  const auto& named = sample(families, "task_creation_duration_seconds", {{"service", "tasks"}, {"region", "test"}});
  CHECK(named.histogram.sample_count == 1);
  CHECK(named.histogram.sample_sum == Approx(0.3));
  CHECK(bounds(named) == duration_buckets(*config));
}

TEST_CASE("a skipped step is in no histogram") {
  const auto config = config_of(kConfig);
  Metrics metrics(*config);
  RunReport report = journey_run(config->journeys[0].schedule, Reason::none);
  report.steps[1].skipped = true;
  metrics.finished(*config, report);
  const LabelMap labels{{"journey", "create"}, {"service", "tasks"}, {"region", "test"}, {"step", "make"}};
  CHECK_FALSE(tests::has_sample(metrics.collect(), "nines_journey_step_duration_seconds", labels));
}

TEST_CASE("rounds of a step share its series, and the cleanup's steps are counted with the cleanup") {
  const auto config = config_of(std::string(kConfig) + "metrics: {application_names: true}\n");
  Metrics metrics(*config);
  RunReport report = journey_run(config->journeys[0].schedule, Reason::none);
  journeys::StepResult round = report.steps[1];
  report.steps.clear();
  for (const char* name : {"make[1]", "make[12]", "login/post[3]", "odd[x]"}) {
    round.name = name;
    report.steps.push_back(round);
  }
  round.name = "delete";
  round.finally = true;
  round.requests = {{"DELETE", "/tasks/{{ id }}", 204, 5ms}};
  report.steps.push_back(round);
  metrics.finished(*config, report);
  const auto count = [&](const char* step) {
    const LabelMap labels{{"journey", "create"}, {"service", "tasks"}, {"region", "test"}, {"step", step}};
    const auto families = metrics.collect();
    if (!tests::has_sample(families, "nines_journey_step_duration_seconds", labels)) return std::uint64_t{0};
    return sample(families, "nines_journey_step_duration_seconds", labels).histogram.sample_count;
  };
  CHECK(count("make") == 2);
  CHECK(count("login/post") == 1);
  CHECK(count("odd[x]") == 1);
  CHECK(count("delete") == 0);
  metrics.cleaned(*config, report);
  CHECK(count("make") == 2);
  CHECK(count("delete") == 1);
  const LabelMap path{{"service", "tasks"}, {"region", "test"}, {"method", "DELETE"}, {"path", "/tasks/{{ id }}"}};
  CHECK(counter(metrics.collect(), "http_requests_total", with(path, "status_code", "204")) == 1);
}

TEST_CASE("application names are off by default") {
  const auto config = config_of(kConfig);
  Metrics metrics(*config);
  metrics.finished(*config, journey_run(config->journeys[0].schedule, Reason::none));
  CHECK(tests::find_family(metrics.collect(), "http_requests_total") == nullptr);
  CHECK(tests::find_family(metrics.collect(), "http_request_duration_seconds") == nullptr);
}

TEST_CASE("application names count every request by method, path template and status, 000 when unanswered") {
  const auto config = config_of(std::string(kConfig) + "metrics: {application_names: true}\n");
  Metrics metrics(*config);
  metrics.finished(*config, journey_run(config->journeys[0].schedule, Reason::none));
  metrics.finished(*config, journey_run(config->journeys[0].schedule, Reason::connect_refused));
  const auto families = metrics.collect();
  const LabelMap login{{"service", "tasks"}, {"region", "test"}, {"method", "POST"}, {"path", "/login"}};
  const LabelMap make = with(login, "path", "/tasks/{{ run_id }}");
  CHECK(counter(families, "http_requests_total", with(login, "status_code", "200")) == 2);
  CHECK(counter(families, "http_requests_total", with(make, "status_code", "201")) == 1);
  CHECK(counter(families, "http_requests_total", with(make, "status_code", "000")) == 1);
  // Of every answer: what was never answered has no duration.
  CHECK(sample(families, "http_request_duration_seconds", login).histogram.sample_count == 2);
  CHECK(sample(families, "http_request_duration_seconds", make).histogram.sample_count == 1);
}

TEST_CASE("counts go on over a reload, but for what is gone or has other labels or buckets") {
  const auto config = config_of(kConfig);
  Metrics before(*config);
  const auto run = [](Metrics& metrics, const config::Config& of) {
    metrics.started(1ms);
    metrics.finished(of, tests::success_of(of.checks.front().schedule, tests::at(0)));
    metrics.finished(of, journey_run(of.journeys.front().schedule, Reason::none));
    metrics.probe_finished("http_2xx", true, 1s);
    metrics.probe_finished("gone", true, 1s);
  };
  run(before, *config);

  Metrics same(*config);
  same.take_over(*config, before);
  run(same, *config);
  const auto families = same.collect();
  CHECK(counter(families, "nines_check_results_total", with(kGateway, "result", "success")) == 2);
  CHECK(counter(families, "nines_check_attempts_total", kCreate) == 2);
  CHECK(counter(families, "nines_probe_requests_total", {{"module", "http_2xx"}, {"result", "success"}}) == 2);
  CHECK(counter(families, "nines_probe_requests_total", {{"module", "gone"}, {"result", "success"}}) == 1);
  CHECK(sample(families, "nines_scheduler_lateness_seconds", {}).histogram.sample_count == 2);
  const auto& durations = sample(families, "nines_check_duration_seconds", kGateway).histogram;
  CHECK(durations.sample_count == 2);
  CHECK(durations.sample_sum == Approx(2 * 0.012345));
  CHECK(durations.bucket.back().cumulative_count == 2);

  std::string text = kConfig;
  text.replace(text.find("platform"), 8, "web");
  text.replace(text.find("'< 200ms'"), 9, "'< 210ms'");
  const auto changed = config_of(text);
  Metrics other(*changed);
  other.take_over(*changed, before);
  const auto left = other.collect();
  CHECK(counter(left, "nines_check_results_total", with(with(kGateway, "team", "web"), "result", "success")) == 0);
  CHECK_FALSE(tests::has_sample(left, "nines_check_results_total", with(kGateway, "result", "success")));
  CHECK(counter(left, "nines_check_results_total", with(kCreate, "result", "success")) == 1);
  CHECK(sample(left, "nines_check_duration_seconds", kCreate).histogram.sample_count == 0);
}

}  // namespace nines::agent
