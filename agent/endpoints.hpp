#pragma once

// What the agent answers over HTTP: /metrics, its own health, the page at /.

#include <atomic>

#include "agent/evaluator.hpp"
#include "agent/exporter.hpp"
#include "agent/http/listener.hpp"

namespace nines::agent {

// What the handlers read; outlives the listener's threads.
struct EndpointSources {
  const config::Config& config;
  const Exporter& exporter;
  Monitor& monitor;
  const Evaluator& evaluator;
  const store::Store& store;
  const Clock& clock;
  std::atomic<bool>& ready;  // probing has begun, and no stop was asked for
};

void add_endpoints(Listener& listener, const EndpointSources& sources);

}  // namespace nines::agent
