#pragma once

// GET /checks/NAME and /journeys/NAME. One page is worked out at a time: probing keeps its processor.

#include "agent/endpoints.hpp"

namespace nines::agent {

void add_page_endpoints(Listener& listener, const EndpointSources& sources);

}  // namespace nines::agent
