#pragma once

// Incidents with fixed clocks.

#include <string>
#include <utility>
#include <vector>

#include "reports/incident_page.hpp"

namespace nines::test {

reports::PageOrigin incident_origin();

// One that is over, with something of everything.
reports::Incident whole_incident();
// One that goes on, of which little is known yet.
reports::Incident ongoing_incident();
// Names and texts that are markup, are long, or run from right to left.
std::vector<reports::Incident> odd_incidents();

// Name and document of every page to look at.
std::vector<std::pair<std::string, std::string>> incident_pages();

}  // namespace nines::test
