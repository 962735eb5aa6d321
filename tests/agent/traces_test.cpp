// Which runs leave a trace. With a collector that is not there, those kept are the ones that are dropped in the end.

#include "agent/traces.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/agent/support.hpp"

namespace nines::agent {

using namespace std::chrono_literals;

namespace {

std::shared_ptr<const config::Config> config_with(const std::string& environment, const std::string& sampling) {
  return tests::config_of(fmt::format(R"(
{}
tracing: {{otlp_endpoint: 'http://127.0.0.1:1', sampling: {{{}}}}}
checks:
  - {{name: gateway, service: api, target: 'http://127.0.0.1:1/x'}}
  - {{name: health, service: api, target: 'http://127.0.0.1:1/health/readiness'}}
  - {{name: port, service: api, module: port, target: '127.0.0.1:1'}}
modules: {{port: {{prober: tcp}}}}
objectives:
  - {{name: slow, checks: [gateway], indicator: latency, percentile: 95, target: '< 500ms'}}
  - {{name: fast, checks: [gateway], indicator: latency, percentile: 50, target: '< 200ms', critical: '> 300ms'}}
)",
                                      environment.empty() ? "" : "environment: " + environment, sampling));
}

const config::Schedule& schedule(const config::Config& config, const std::string& name) {
  return config.check(name)->schedule;
}

// Of 4,000 runs.
double share_sampled(const Traces& traces, const config::Schedule& schedule) {
  constexpr int kRuns = 4000;
  int sampled = 0;
  for (int i = 0; i < kRuns; ++i) sampled += traces.begin(schedule).context.sampled ? 1 : 0;
  return sampled / double{kRuns};
}

// How many of these runs were kept.
double kept(const std::shared_ptr<const config::Config>& config, const std::vector<RunReport>& runs) {
  Metrics metrics(*config);
  {
    Traces traces(config, metrics);
    for (const RunReport& run : runs) traces.end(run);
  }
  return tests::counter(metrics.collect(), "nines_traces_total", {{"result", "dropped"}});
}

RunReport unsampled(RunReport report) {
  report.trace.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  report.trace.sampled = false;
  return report;
}

}  // namespace

TEST_CASE("a run is sampled in the share of its environment, a health check in its own") {
  const auto [environment, sampling, check, share] = GENERATE(table<std::string, std::string, std::string, double>({
      {"production", "", "gateway", 0.1},
      {"staging", "", "gateway", 0.5},
      {"development", "", "gateway", 1},
      {"", "", "gateway", 1},
      {"qa", "", "gateway", 1},
      {"qa", "qa: 0.25, production: 0", "gateway", 0.25},
      {"production", "production: 0", "gateway", 0},
      {"production", "", "health", 0.01},
      {"production", "health: 0.75", "health", 0.75},
      {"production", "health: 0.75, production: 1", "port", 1},
  }));
  CAPTURE(environment, sampling, check);
  const auto config = config_with(environment, sampling);
  Metrics metrics(*config);
  const Traces traces(config, metrics);
  // More than eight standard deviations.
  CHECK(share_sampled(traces, schedule(*config, check)) == Approx(share).margin(share == 0 || share == 1 ? 0 : 0.065));
}

TEST_CASE("the same trace id gives the same verdict wherever it is asked") {
  const auto config = config_with("production", "production: 0.5");
  Metrics metrics(*config);
  const Traces traces(config, metrics);
  for (int i = 0; i < 200; ++i) {
    const RunTrace trace = traces.begin(schedule(*config, "gateway"));
    // OpenTelemetry's consistent sampling: the last 56 bits are at least 1 - share of their range.
    CHECK(trace.context.sampled == (trace.context.trace_id[18] >= '8'));
    CHECK(trace.record == Record::spans);
  }
}

TEST_CASE("what failed, had to be tried again or was slow is kept although it was not sampled") {
  const auto config = config_with("production", "");
  const config::Schedule& gateway = schedule(*config, "gateway");
  const RunReport success = unsampled(tests::success_of(gateway, tests::at(0)));
  const RunReport failure = unsampled(tests::failure_of(gateway, tests::at(0)));
  RunReport again = success;
  again.result.row.first_reason = Reason::http_timeout;
  RunReport slow = success;
  slow.result.row.duration = 201ms;
  RunReport quick = success;
  quick.result.row.duration = 200ms;
  RunReport elsewhere = unsampled(tests::success_of(schedule(*config, "health"), tests::at(0)));
  elsewhere.result.row.duration = 10s;
  RunReport cut = failure;
  cut.interrupted = true;
  RunReport sampled = success;
  sampled.trace.sampled = true;
  CHECK(kept(config, {success}) == 0);
  CHECK(kept(config, {failure}) == 1);
  CHECK(kept(config, {again}) == 1);
  CHECK(kept(config, {slow}) == 1);
  CHECK(kept(config, {quick}) == 0);
  CHECK(kept(config, {elsewhere}) == 0);
  CHECK(kept(config, {cut}) == 0);
  CHECK(kept(config, {sampled}) == 1);
  CHECK(kept(config_with("production", "errors: 0, slow: 0"), {failure, again, slow}) == 0);
}

TEST_CASE("what finds the queue full is dropped at once and counted, and end() does not wait") {
  const auto config = config_with("development", "");
  Metrics metrics(*config);
  RunReport run = tests::success_of(schedule(*config, "gateway"), tests::at(0));
  run.trace = probes::make_trace_context();
  run.exchanges.resize(999);
  {
    Traces traces(config, metrics);
    const auto dropped = [&] {
      return tests::counter(metrics.collect(), "nines_traces_total", {{"result", "dropped"}});
    };
    for (int i = 0; i < 200 && dropped() == 0; ++i) traces.end(run);
    CHECK(dropped() == 1);
  }
  CHECK(tests::counter(metrics.collect(), "nines_traces_total", {{"result", "sent"}}) == 0);
}

}  // namespace nines::agent
