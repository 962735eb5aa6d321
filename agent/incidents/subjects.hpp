#pragma once

// What can have incidents, and what an incident is called. Pure.

#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace nines::agent {

// A service by its checks, or a journey.
struct IncidentSubject {
  std::string name;
  std::string service;
  std::vector<std::string> checks;
  bool journey = false;
  std::string handle;  // what ids begin with: the name without what a path or a shell minds, unlike any other's
};
std::vector<IncidentSubject> incident_subjects(const config::Config& config);

// "tasks-20261001T000030Z": of an outage that began then.
std::string incident_id(const IncidentSubject& subject, Time from);
struct IncidentName {
  std::string handle;
  Time at{};  // a whole second
};
std::optional<IncidentName> read_incident_id(const std::string& id);

// A check's present name first, then those it had.
std::vector<std::string> names_of_check(const config::Config& config, const std::string& check);

// Its outages are the subject's incidents: it is down where anything of it is, in any region, whatever is known of the
// others.
config::Objective incident_objective(const IncidentSubject& subject);

}  // namespace nines::agent
