#pragma once

// In which regions a check is down, asked of the Prometheus that scrapes the agents of all.

#include <map>
#include <stop_token>
#include <string>

#include "agent/alerts/assess.hpp"
#include "base/error.hpp"
#include "config/neighbours.hpp"

namespace nines::agent {

// By check, regions sorted. Blocks: any thread but a loop's.
Expected<std::map<std::string, Regions, std::less<>>> ask_regions(const config::Remote& prometheus,
                                                                  const std::stop_token& stop = {});

}  // namespace nines::agent
