#pragma once

#include <vector>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

// The list `objectives`, over the checks, journeys and services that `config` already holds.
std::vector<Objective> read_objectives(Context& context, Mapping& root, const Config& config);

// The checks and journeys an objective covers: resolves its lists, and tells what does not exist.
void read_coverage(Context& context, Mapping& map, const Config& config, Objective& objective);
void read_service(Context& context, Mapping& map, const Config& config, Objective& objective);

// What an objective with the indicator prometheus asks for and what the answer is held against.
void read_query(Context& context, Mapping& map, const Config& config, Objective& objective);

}  // namespace nines::config
