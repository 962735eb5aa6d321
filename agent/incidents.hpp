#pragma once

// Incidents from the store: nothing of them is kept twice. Reads the store: not on a loop.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "reports/incident.hpp"
#include "store/store.hpp"

namespace nines::agent {

// The outages that touch the period, as docs/sla.md has them: of each service, where any of its checks is down in any
// region, and of each journey, by itself. Windows of maintenance that are excluded are none. In order of their
// beginning; without timeline, evidence, costs and links.
Expected<std::vector<reports::Incident>> find_incidents(std::span<store::Reader> readers, const config::Config& config,
                                                        const Period& period, Time as_of);

// The one with this id, whole; nothing when there is none. The id says when to look.
Expected<std::optional<reports::Incident>> find_incident(std::span<store::Reader> readers, const config::Config& config,
                                                         const std::string& id, Time as_of);

}  // namespace nines::agent
