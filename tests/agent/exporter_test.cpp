#include "agent/exporter.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "agent/exposition.hpp"
#include "tests/agent/support.hpp"
#include "tests/harness/prometheus.hpp"

namespace nines::agent {

using namespace std::chrono_literals;
using tests::at;
using tests::gauge;
using tests::LabelMap;

namespace {

constexpr const char* kConfig = R"(
region: test
services:
  - {name: api, labels: {team: platform}}
checks:
  - {name: gateway, service: api, target: http://127.0.0.1:1/health, interval: 10s}
  - {name: other, service: shop, target: http://127.0.0.1:1/, interval: 10s}
journeys:
  - name: create
    service: tasks
    base_url: http://127.0.0.1:1
    interval: 10s
    metric: task_creation_duration_seconds
    steps: [{name: login, post: /login}]
objectives:
  - {name: uptime, service: api, indicator: uptime, target: '99.9%', time_zone: Europe/Berlin}
  - {name: fast, service: api, checks: [gateway], indicator: latency, percentile: 95, target: '< 200ms', window: 30d, min_samples: 1}
  - {name: errors, service: shop, indicator: error_rate, target: '< 1%', window: quarter}
metrics: {application_names: true}
)";

struct ExporterFixture : tests::MonitorFixture {
  ExporterFixture()
      : MonitorFixture(kConfig),
        evaluator(config, *store, clock),
        exporter{*config, metrics, monitor, evaluator, *store, load, ledger, alerts} {
    load.at = at(-60);
    alerts.success = 3;
    RunReport report = tests::success_of(schedule("gateway"), clock.now());
    report.probe.ip_family = 4;
    report.probe.status = 200;
    probes::HttpFacts http;
    http.version = "1.1";
    http.tls = true;
    http.last_modified = at(-86'400);
    report.probe.facts = std::move(http);
    report.probe.tls.emplace();
    report.probe.tls->version = "TLS 1.3";
    report.probe.tls->earliest_expiry = at(86'400);
    report.components = {{"mongodb", true}, {"redis", false}};
    report.version = "1.2 \"x\"";
    report.requests = {{"GET", "/health", 200, 12'345us}};
    monitor.finished(std::move(report));
    RunReport journey = tests::success_of(schedule("create"), clock.now());
    journey.result.row.measured = 100ms;
    journeys::StepResult step;
    step.name = "login";
    step.duration = 100ms;
    journey.steps = {step};
    monitor.finished(std::move(journey));
    for (int i = 0; i < 4; ++i) {
      run("other", i == 0);
      clock.advance(10s);
    }
    REQUIRE(store->flush());
  }

  Evaluator evaluator;
  LoadState load;
  journeys::Ledger ledger;
  AlertCounts alerts;
  Exporter exporter;
};

const LabelMap kGateway{{"check", "gateway"}, {"service", "api"}, {"region", "test"}, {"team", "platform"}};
const LabelMap kOther{{"check", "other"}, {"service", "shop"}, {"region", "test"}};
const LabelMap kCreate{{"check", "create"}, {"service", "tasks"}, {"region", "test"}};

LabelMap with(LabelMap labels, const std::string& name, const std::string& value) {
  labels[name] = value;
  return labels;
}

struct Expected {
  const char* name;
  LabelMap labels;
};

const std::vector<Expected>& always() {
  static const std::vector<Expected> samples{
      {"nines_check_state", with(kGateway, "state", "up")},
      {"nines_check_state", with(kCreate, "state", "up")},
      {"nines_check_consecutive_failures", kGateway},
      {"nines_check_results_total", with(kGateway, "result", "success")},
      {"nines_check_results_total", with(kCreate, "result", "failure")},
      {"nines_check_duration_seconds", kGateway},
      {"nines_check_duration_seconds", kCreate},
      {"nines_component_up", with(kGateway, "component", "redis")},
      {"nines_target_version_info", with(kGateway, "version", "1.2 \"x\"")},
      {"nines_check_last_result_timestamp_seconds", kGateway},
      {"nines_check_attempts_total", kGateway},
      {"nines_check_down", {{"check", "gateway"}, {"service", "api"}, {"region", "test"}}},
      {"nines_journey_step_duration_seconds",
       {{"journey", "create"}, {"step", "login"}, {"service", "tasks"}, {"region", "test"}}},
      {"nines_journey_completions_total", with(with(kCreate, "result", "success"), "failed_step", "")},
      {"task_creation_duration_seconds", {{"service", "tasks"}, {"region", "test"}}},
      {"service_downtime_seconds_total", {{"service", "api"}, {"region", "test"}}},
      {"service_downtime_seconds_total", {{"service", "tasks"}, {"region", "test"}}},
      {"nines_service_known_seconds_total", {{"service", "shop"}, {"region", "test"}}},
      {"http_requests_total",
       {{"service", "api"}, {"region", "test"}, {"method", "GET"}, {"path", "/health"}, {"status_code", "200"}}},
      {"http_request_duration_seconds",
       {{"service", "api"}, {"region", "test"}, {"method", "GET"}, {"path", "/health"}}},
      {"nines_scheduler_lateness_seconds", {}},
      {"nines_scheduler_skipped_total", kGateway},
      {"nines_results_queued", {}},
      {"nines_store_writes_total", {{"result", "success"}}},
      {"nines_store_writes_total", {{"result", "failure"}}},
      {"nines_alerts_sent_total", {{"result", "success"}}},
      {"nines_alerts_sent_total", {{"result", "failure"}}},
      {"nines_store_size_bytes", {}},
      {"nines_config_last_reload_successful", {}},
      {"nines_config_last_reload_success_timestamp_seconds", {}},
      {"process_cpu_seconds_total", {}},
      {"process_resident_memory_bytes", {}},
      {"process_virtual_memory_bytes", {}},
      {"process_open_fds", {}},
      {"process_max_fds", {}},
      {"process_start_time_seconds", {}},
      {"probe_success", kGateway},
      {"probe_success", kCreate},
      {"probe_duration_seconds", kGateway},
      {"probe_dns_lookup_time_seconds", kGateway},
      {"probe_ip_protocol", kGateway},
      {"probe_http_duration_seconds", with(kGateway, "phase", "resolve")},
      {"probe_http_duration_seconds", with(kGateway, "phase", "connect")},
      {"probe_http_duration_seconds", with(kGateway, "phase", "tls")},
      {"probe_http_duration_seconds", with(kGateway, "phase", "processing")},
      {"probe_http_duration_seconds", with(kGateway, "phase", "transfer")},
      {"probe_http_status_code", kGateway},
      {"probe_http_content_length", kGateway},
      {"probe_http_uncompressed_body_length", kGateway},
      {"probe_http_redirects", kGateway},
      {"probe_http_ssl", kGateway},
      {"probe_http_version", kGateway},
      {"probe_failed_due_to_regex", kGateway},
      {"probe_http_last_modified_timestamp_seconds", kGateway},
      {"probe_ssl_earliest_cert_expiry", kGateway},
      {"probe_tls_version_info", with(kGateway, "version", "TLS 1.3")},
  };
  return samples;
}

}  // namespace

TEST_CASE("every metric of the contract is there with its labels") {
  ExporterFixture fixture;
  const auto families = fixture.exporter.collect("");
  for (const Expected& one : always()) {
    CAPTURE(one.name, one.labels);
    CHECK(tests::has_sample(families, one.name, one.labels));
  }
  REQUIRE(tests::find_family(families, "nines_build_info") != nullptr);
}

TEST_CASE("a check is in exactly one state, and the figures are those of the monitor") {
  ExporterFixture fixture;
  fixture.clock.set(at(70));
  fixture.run("gateway", true);
  const auto families = fixture.exporter.collect("");
  for (const char* state : {"up", "warning", "critical", "unknown", "maintenance", "suppressed"}) {
    CAPTURE(state);
    CHECK(gauge(families, "nines_check_state", with(kGateway, "state", state)) == (state == std::string("up") ? 1 : 0));
  }
  CHECK(gauge(families, "nines_check_last_result_timestamp_seconds", kGateway) ==
        Approx(1'790'812'870.0).epsilon(1e-15));
  CHECK(gauge(families, "nines_config_last_reload_success_timestamp_seconds", {}) ==
        Approx(1'790'812'740.0).epsilon(1e-15));
  CHECK(gauge(families, "nines_check_consecutive_failures", kOther) == 3);
  CHECK(gauge(families, "probe_success", kOther) == 0);
  CHECK(tests::counter(families, "nines_store_writes_total", {{"result", "success"}}) >= 6);
  CHECK(tests::counter(families, "nines_alerts_sent_total", {{"result", "success"}}) == 3);
}

TEST_CASE("nines_check_down is 1 from the confirming failure until a success, 0 while unknown") {
  ExporterFixture fixture;
  const LabelMap labels{{"check", "other"}, {"service", "shop"}, {"region", "test"}};
  CHECK(gauge(fixture.exporter.collect(""), "nines_check_down", labels) == 1);
  fixture.clock.advance(1h);
  CHECK(gauge(fixture.exporter.collect(""), "nines_check_down", labels) == 0);
  fixture.run("other", false);
  CHECK(gauge(fixture.exporter.collect(""), "nines_check_down", labels) == 1);
  fixture.run("other", true);
  CHECK(gauge(fixture.exporter.collect(""), "nines_check_down", labels) == 0);
}

TEST_CASE("a scrape of one service holds that service's samples and nothing else") {
  ExporterFixture fixture;
  for (const char* service : {"api", "shop", "tasks"}) {
    const auto families = fixture.exporter.collect(service);
    std::size_t samples = 0;
    for (const auto& family : families) {
      for (const auto& metric : family.metric) {
        CAPTURE(family.name);
        REQUIRE(tests::labels_of(metric)["service"] == service);
        ++samples;
      }
    }
    CHECK(samples > 10);
  }
  for (const auto& family : fixture.exporter.collect("nobody")) CHECK(family.metric.empty());
}

TEST_CASE("the services' scrapes and what is the agent's own make the whole page") {
  ExporterFixture fixture;
  const auto count = [&](const char* service) {
    std::map<std::string, std::size_t> counts;
    for (const auto& family : fixture.exporter.collect(service)) counts[family.name] += family.metric.size();
    return counts;
  };
  auto whole = count("");
  for (const char* service : {"api", "shop", "tasks"}) {
    for (const auto& [name, samples] : count(service)) whole[name] -= samples;
  }
  for (const auto& [name, left] : whole) {
    const bool agents_own = name.starts_with("process_") || name.starts_with("nines_store_") ||
                            name.starts_with("nines_config_") || name == "nines_build_info" ||
                            name == "nines_results_queued" || name == "nines_alerts_sent_total" ||
                            name == "nines_scheduler_lateness_seconds";
    CAPTURE(name, left);
    CHECK((left == 0 || agents_own));
  }
}

TEST_CASE("objective metrics tell this region's own view, and promtool accepts the whole page") {
  ExporterFixture fixture;
  harness::eventually([&] { return !fixture.evaluator.latest()->empty(); }, "the objectives are evaluated");
  const auto families = fixture.exporter.collect("");
  const LabelMap uptime{{"objective", "uptime"}, {"service", "api"}, {"region", "test"}};
  const LabelMap fast{{"objective", "fast"}, {"service", "api"}, {"region", "test"}};
  const LabelMap errors{{"objective", "errors"}, {"service", "shop"}, {"region", "test"}};

  CHECK(gauge(families, "nines_objective_sli_ratio", uptime) == 1);
  CHECK(gauge(families, "nines_objective_target_ratio", uptime) == Approx(0.999));
  CHECK(gauge(families, "nines_objective_latency_seconds", fast) == Approx(0.012345));
  CHECK(gauge(families, "nines_objective_target_seconds", fast) == Approx(0.2));
  CHECK(gauge(families, "nines_objective_sli_ratio", errors) == Approx(0.75));
  CHECK(gauge(families, "nines_objective_target_ratio", errors) == Approx(0.01));
  CHECK_FALSE(tests::has_sample(families, "nines_objective_target_ratio", fast));
  for (const LabelMap& labels : {uptime, fast, errors}) {
    double verdicts = 0;
    for (const char* verdict : {"met", "missed", "inconclusive"}) {
      verdicts += gauge(families, "nines_objective_verdict", with(labels, "verdict", verdict));
    }
    CHECK(verdicts == 1);
    CHECK(tests::has_sample(families, "nines_objective_error_budget_remaining_ratio", labels));
    for (const char* window : {"5m", "30m", "1h", "2h", "6h", "1d", "3d"}) {
      CHECK(tests::has_sample(families, "nines_objective_burn_rate", with(labels, "burn_window", window)));
    }
    CHECK(gauge(families, "nines_objective_evaluated_timestamp_seconds", labels) > 1'790'812'800);
  }
  const auto info = [](LabelMap labels, const char* window, const char* zone, const char* target) {
    labels.insert({{"window", window}, {"time_zone", zone}, {"target", target}});
    return labels;
  };
  CHECK(gauge(families, "nines_objective_info", info(uptime, "month", "Europe/Berlin", "99.9%")) == 1);
  CHECK(gauge(families, "nines_objective_info", info(fast, "30d", "UTC", "< 200ms")) == 1);
  CHECK(gauge(families, "nines_objective_info", info(errors, "quarter", "UTC", "< 1%")) == 1);

  CHECK(harness::promtool_check(write_metrics(families, ExpositionFormat::prometheus_text)) == "");
}

TEST_CASE_METHOD(ExporterFixture, "what journeys left in their targets is counted, by journey") {
  const auto given = check_labels(*config, schedule("create"));
  const tests::LabelMap labels(given.begin(), given.end());
  const auto left = [&] { return tests::sample(exporter.collect(""), "nines_journey_leftovers", labels).gauge.value; };
  CHECK(left() == 0);
  journeys::Leftover entry;
  entry.journey = "create";
  entry.url = "http://127.0.0.1:1/1";
  ledger.open(entry, [](bool) {});
  ledger.open(entry, [](bool) {});
  CHECK(left() == 2);
  ledger.close(ledger.of("create").front().id);
  CHECK(left() == 1);
}

}  // namespace nines::agent
