#pragma once

#include <vector>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

// The list `journeys`.
std::vector<Journey> read_journeys(Context& context, Mapping& root, const Defaults& defaults);

// One item of `steps` or `finally`; `budget` is the time of the whole part. Names in templates are not looked at here.
Step read_step(Context& context, const Node& node, const Journey& journey, Micros budget);

// Every {{ … }} of a journey and every `when`: its syntax, and that the name is a variable, a secret or a capture of an
// earlier step (in `finally`: of any step).
void check_templates(Context& context, const Node& node, const Journey& journey);

// The value under a step's `json`.
JsonTemplate read_json(Context& context, const Node& node);

}  // namespace nines::config
