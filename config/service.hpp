#pragma once

#include <vector>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

// The list `services`.
std::vector<Service> read_services(Context& context, Mapping& root);

// The list `maintenance`, over the services that `config` already holds.
std::vector<Maintenance> read_maintenance(Context& context, Mapping& root, const Config& config);

// Tells names of checks and journeys that are there twice, and names in `depends_on` and `formerly` that do not fit.
void check_references(Context& context, const Config& config);

// Adds the services that checks and journeys name and nobody declared.
void complete_services(Config& config);

}  // namespace nines::config
