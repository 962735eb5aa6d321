#pragma once

// The gate over HTTP, for CI and for Flagger and Argo Rollouts (docs/gate.md).

#include "agent/gate/gates.hpp"
#include "agent/http/listener.hpp"

namespace nines::agent {

// POST /api/v1/gates, GET /api/v1/gates and GET /api/v1/gates/ID. `gates` outlives the listener's threads.
// `listen_host` is what the configuration says, which a reload cannot change.
void add_gate_endpoints(Listener& listener, Gates& gates, const std::string& listen_host);

}  // namespace nines::agent
