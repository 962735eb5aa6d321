#pragma once

// What is told of one incident alone: its timeline, deployments, evidence, cost and links.

#include <string>
#include <vector>

#include "agent/incidents/stores.hpp"
#include "agent/incidents/stretches.hpp"
#include "base/error.hpp"
#include "config/config.hpp"
#include "reports/incident.hpp"

namespace nines::agent {

// Fills them in. Where `give_up` says so the work ends with an error, but for the costs: these are cut, and marked so.
Expected<void> add_details(IncidentStores& stores, const config::Config& config, reports::Incident& incident,
                           Time as_of, const GiveUp& give_up);

// What it took from each objective over its checks, in each calendar period of the objective that it touches; of a
// rolling window, in the one that ends with it. The sums of a period are made of parts of it, so that no more than some
// hundred thousand results are in memory.
Expected<void> add_costs(IncidentStores& stores, const config::Config& config, reports::Incident& incident, Time as_of,
                         const GiveUp& give_up);

// Versions that changed and gates that ended in the period, of a service and of what its checks depend on; in the order
// of the stores' books, versions first.
Expected<std::vector<reports::IncidentDeployment>> deployments_in(IncidentStores& stores, const config::Config& config,
                                                                  const std::string& service,
                                                                  const std::vector<std::string>& checks,
                                                                  const Period& period);

}  // namespace nines::agent
