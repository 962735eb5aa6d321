#pragma once

// What the agent answers over HTTP: /metrics, /probe, its configuration, its own health, the page at /.

#include <atomic>

#include "agent/gate/gates.hpp"
#include "agent/http/listener.hpp"
#include "agent/sessions.hpp"

namespace nines::agent {

// What the handlers read; outlives the listener's threads.
struct EndpointSources {
  Sessions& sessions;
  const store::Store& store;
  const Clock& clock;
  Gates& gates;
  std::atomic<bool>& ready;  // probing has begun, and no stop was asked for
};

void add_endpoints(Listener& listener, const EndpointSources& sources);

}  // namespace nines::agent
