#pragma once

// Incidents from the store: but for what people write about them, nothing of them is kept twice. Reads the store: not
// on a loop.

#include <optional>
#include <string>
#include <vector>

#include "agent/incidents/stores.hpp"
#include "agent/incidents/stretches.hpp"
#include "base/error.hpp"
#include "config/config.hpp"
#include "reports/incident.hpp"

namespace nines::agent {

struct IncidentQuery {
  Period period;
  Time as_of{};
  std::string service = {};  // only its own, and its journeys'; empty: all
  GiveUp give_up = [] { return false; };
  std::string check = {};  // only of what it is part of; empty: all
};

// The outages with down time in the period, as docs/sla.md has them: of each service, where any of its checks is down
// in any region, and of each journey, by itself. Windows of maintenance that are excluded are none. In order of their
// beginning; with what was written about them, without the rest of what is told of one alone.
Expected<std::vector<reports::Incident>> find_incidents(IncidentStores& stores, const config::Config& config,
                                                        const IncidentQuery& query);

// The one with this id, whole; nothing when there is none. The id says when to look. Results that come late can move an
// outage's beginning, and its id with it: an id that no outage has any more finds the one that holds its moment, else
// one that touches the time which a note of that id was written about.
Expected<std::optional<reports::Incident>> find_incident(
    IncidentStores& stores, const config::Config& config, const std::string& id, Time as_of,
    const GiveUp& give_up = [] { return false; });
// The same without the rest of what is told of one alone.
Expected<std::optional<reports::Incident>> name_incident(
    IncidentStores& stores, const config::Config& config, const std::string& id, Time as_of,
    const GiveUp& give_up = [] { return false; });

}  // namespace nines::agent
