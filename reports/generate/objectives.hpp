#pragma once

// Words about objectives. Internal to reports/generate/.

#include <string>

#include "reports/generate/alerts.hpp"

namespace nines::reports::generate {

// "a month", "30d"
std::string window_text(const config::Window& window);
// Of an alert on a pair of windows. The priority is that of the most urgent service among what the objective covers.
Pairs burn_labels(const config::Config& config, const config::Objective& objective, const BurnPair& pair);

}  // namespace nines::reports::generate
