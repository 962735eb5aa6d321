#pragma once

// GET /incidents, /incidents/ID, /api/v1/incidents and /api/v1/incidents/ID, POST /api/v1/incidents/notes. One of the
// first four is worked out at a time, in 10 s at most: probing keeps its processor.

#include "agent/endpoints.hpp"

namespace nines::agent {

void add_incident_endpoints(Listener& listener, const EndpointSources& sources);

}  // namespace nines::agent
