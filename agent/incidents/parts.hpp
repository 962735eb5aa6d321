#pragma once

// The parts of what is told of one incident; each adds its own, in any order. Internal to agent/incidents/.

#include "agent/incidents/details.hpp"

namespace nines::agent {

// Failures, warnings and recoveries of its checks in its regions, with the first evidence of each.
Expected<void> add_runs(IncidentStores& stores, const config::Config& config, reports::Incident& incident,
                        const GiveUp& give_up);
// Those of its service and checks: raised, sent and resolved.
Expected<void> add_alerts(IncidentStores& stores, reports::Incident& incident);
// Maintenance around it, and silences for that.
Expected<void> add_planned(IncidentStores& stores, const config::Config& config, reports::Incident& incident);
// Versions that changed near it, and gates that ended, with the silences that these opened.
Expected<void> add_deployments(IncidentStores& stores, const config::Config& config, reports::Incident& incident);

}  // namespace nines::agent
