#pragma once

#include <vector>

#include "config/config.hpp"
#include "config/include.hpp"
#include "config/reader.hpp"

namespace nines::config {

// The list `journeys`, with the mapping `step_lists`.
std::vector<Journey> read_journeys(Context& context, Mapping& root, const Defaults& defaults);

// One item of `steps` or `finally`; `budget` is the time of the whole part. Names in templates are not looked at here.
Step read_step(Context& context, const Node& node, const Journey& journey, Micros budget);

// Every {{ … }}, `when`, loop and jq program of a journey: the syntax of templates, and that each name is a variable, a
// secret, a parameter, or a value that an earlier step captured or set (in `finally`: any step).
void check_names(Context& context, const Node& node, const Journey& journey, const std::vector<StepItem>& steps,
                 const std::vector<StepItem>& finally);

// The value under a step's `json`.
JsonTemplate read_json(Context& context, const Node& node);

}  // namespace nines::config
