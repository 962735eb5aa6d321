#pragma once

// GET /probe and GET /logs, as blackbox_exporter has them.

#include <string>
#include <vector>

#include <prometheus/metric_family.h>

#include "agent/http/listener.hpp"
#include "agent/metrics.hpp"
#include "agent/probe_history.hpp"
#include "agent/probe_service.hpp"
#include "config/config.hpp"

namespace nines::agent {

// What is read and told; outlives every answer. Any thread.
struct ProbeEndpoint {
  const config::Config& config;
  Metrics& metrics;
  ProbeHistory& history;
  ProbeService* service;  // null: the endpoint is disabled

  // ?target=&module=&hostname=&debug=true. Waits for the probe. 200 whether it succeeded or not; 400 for what cannot
  // be probed, 403 when the endpoint is disabled, 503 while the agent stops.
  HttpAnswer probe(const HttpQuery& query) const;
  // ?id= or ?target=[&module=]: what debug=true would have told of that probe. 404 when there is none.
  HttpAnswer logs(const HttpQuery& query) const;

  // The module of that name, and the built-in one where `http_2xx`, the default, is not configured. Null: unknown.
  std::shared_ptr<const config::Module> module(const std::string& name) const;
};

// probe_* of one probe, sorted by name; the same that /probe answers.
std::vector<prometheus::MetricFamily> probe_families(const probes::ProbeResult& result, const config::Module& module,
                                                     double timeout_seconds);

}  // namespace nines::agent
