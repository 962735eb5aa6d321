#pragma once

// The page at `/objectives/NAME`: how one objective stands. Server-rendered, no script, no outside asset. Pure; any
// thread.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/objectives.hpp"
#include "reports/incident_page.hpp"
#include "reports/status_page.hpp"
#include "sla/model.hpp"

namespace nines::reports {

struct ObjectivePage {
  PageOrigin origin;
  const config::Objective* objective = nullptr;  // outlives the page's making
  std::optional<sla::Evaluation> evaluation;     // of its current period; none: not evaluated yet
  std::vector<std::pair<std::string, std::optional<double>>> burn_rates;  // by window, the shortest first
  std::vector<StatusRow> rows;                                            // its checks and journeys now, any order
};

// A complete HTML document.
std::string objective_page(const ObjectivePage& page);

}  // namespace nines::reports
