#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

// The list `checks`; one with `targets` becomes one check for each.
std::vector<Check> read_checks(Context& context, Mapping& root, const Config& config, const Defaults& defaults);

}  // namespace nines::config
