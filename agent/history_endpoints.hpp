#pragma once

// What another region's `nines report --agent` asks for: /api/v1/history, /api/v1/history/edges, /api/v1/results.

#include "agent/endpoints.hpp"

namespace nines::agent {

inline constexpr int kResultsPage = 10'000;  // lines of /api/v1/results at most
inline constexpr int kEvidencePage = 100;    // entries of /api/v1/history/evidence at most

void add_history_endpoints(Listener& listener, const EndpointSources& sources);

}  // namespace nines::agent
