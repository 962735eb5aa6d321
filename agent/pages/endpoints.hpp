#pragma once

// GET /checks/NAME, /journeys/NAME and /objectives/NAME. One page of the first two is worked out at a time: probing
// keeps its processor.

#include "agent/endpoints.hpp"

namespace nines::agent {

void add_page_endpoints(Listener& listener, const EndpointSources& sources);

}  // namespace nines::agent
