#pragma once

// The families behind /metrics: the counters of Metrics, and the states of the Monitor, the objectives, the store and
// the process as they are at the moment of the scrape. Any thread.

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include <prometheus/metric_family.h>

#include "agent/alerts/counts.hpp"
#include "agent/evaluator.hpp"
#include "agent/metrics.hpp"
#include "agent/monitor.hpp"
#include "config/config.hpp"
#include "store/store.hpp"

namespace nines::agent {

// How reading the configuration went, last.
struct LoadState {
  std::atomic<bool> successful = true;
  std::atomic<Time> at{};  // of the one in force
};

struct Exporter {
  const config::Config& config;
  const Metrics& metrics;
  Monitor& monitor;
  const Evaluator& evaluator;
  const store::Store& store;
  const LoadState& load;
  const journeys::Ledger& ledger;
  const AlertCounts& alerts;

  // Of one service only when `service` is not empty.
  std::vector<prometheus::MetricFamily> collect(std::string_view service) const;
};

}  // namespace nines::agent
