#pragma once

// The families behind /metrics: the counters of Metrics, and the states of the Monitor, the objectives, the store and
// the process as they are at the moment of the scrape. Any thread.

#include <memory>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "agent/evaluator.hpp"
#include "agent/metrics.hpp"
#include "agent/monitor.hpp"
#include "config/config.hpp"
#include "store/store.hpp"

namespace nines::agent {

struct Exporter {
  const config::Config& config;
  const Metrics& metrics;
  Monitor& monitor;
  const Evaluator& evaluator;
  const store::Store& store;
  Time loaded_at;  // when the configuration was loaded

  // Of one service only when `service` is not empty.
  std::vector<prometheus::MetricFamily> collect(std::string_view service) const;
};

}  // namespace nines::agent
