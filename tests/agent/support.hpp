#pragma once

// What the tests of the agent share: a configuration from text, runs as a probe thread reports them, and looking up
// samples.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "agent/metrics.hpp"
#include "agent/monitor.hpp"
#include "agent/runner.hpp"
#include "store/store.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/support/manual_clock.hpp"

namespace nines::agent::tests {

// Fails the test with every fault.
std::shared_ptr<const config::Config> config_of(std::string_view yaml);

// 2026-10-01T00:00:00Z and `seconds` more.
Time at(double seconds);

// Finished runs of a check or journey that took 12.345 ms; a failure is connection refused.
RunReport success_of(const config::Schedule& schedule, Time start);
RunReport failure_of(const config::Schedule& schedule, Time start);

using LabelMap = std::map<std::string, std::string>;
using Families = std::vector<prometheus::MetricFamily>;

LabelMap labels_of(const prometheus::ClientMetric& metric);
const prometheus::MetricFamily* find_family(const Families& families, std::string_view name);
// The sample of exactly these labels; fails the test when there is none.
const prometheus::ClientMetric& sample(const Families& families, std::string_view name, const LabelMap& labels);
bool has_sample(const Families& families, std::string_view name, const LabelMap& labels);
double counter(const Families& families, std::string_view name, const LabelMap& labels);
double gauge(const Families& families, std::string_view name, const LabelMap& labels);

// A monitor with its store, and a clock that stands at at(0).
struct MonitorFixture {
  explicit MonitorFixture(std::string_view yaml);

  const config::Schedule& schedule(const std::string& name) const;
  // A whole run: started at the clock's time, finished when it has taken its duration.
  void run(const std::string& name, bool success);
  CheckView view(const std::string& name) const;

  harness::TempDir dir;
  std::shared_ptr<const config::Config> config;
  test::ManualClock clock{at(0)};
  std::unique_ptr<store::Store> store;
  Metrics metrics;
  Monitor monitor;
};

}  // namespace nines::agent::tests
