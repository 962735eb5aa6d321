#pragma once

// The pages at `/incidents` and `/incidents/ID`. Server-rendered, no script, no outside asset. Pure; any thread.

#include <optional>
#include <string>
#include <vector>

#include "reports/incident.hpp"

namespace nines::reports {

// Who tells it, and when.
struct PageOrigin {
  Time now{};
  std::string region;
  std::string environment;
  std::string version;
};

struct IncidentListPage {
  PageOrigin origin;
  Period span;          // what was looked through
  std::string service;  // whose; empty: all
  std::vector<Incident> incidents;
  std::size_t left_out = 0;  // of the oldest: there are too many for a page
};

// Complete HTML documents.
std::string incident_list_page(const IncidentListPage& page);
std::string incident_page(const Incident& incident, const PageOrigin& origin);
// Why there is no such page, or none now, in a sentence.
std::string fault_page(const std::string& headline, const std::string& why, const PageOrigin& origin);

}  // namespace nines::reports
