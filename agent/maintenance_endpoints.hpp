#pragma once

// GET and POST /api/v1/maintenance, POST /api/v1/maintenance/remove.

#include "agent/endpoints.hpp"

namespace nines::agent {

void add_maintenance_endpoints(Listener& listener, const EndpointSources& sources);

}  // namespace nines::agent
