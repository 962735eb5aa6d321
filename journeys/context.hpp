#pragma once

#include <memory>
#include <string>

#include "config/config.hpp"
#include "journeys/masks.hpp"
#include "journeys/variables.hpp"
#include "probes/engine.hpp"
#include "probes/jq.hpp"
#include "probes/probe.hpp"

namespace nines::journeys {

// What the steps of one run share. Lives in run()'s frame, which outlives every step.
struct Context {
  probes::Engine& engine;
  probes::Jq& jq;
  std::shared_ptr<const config::Journey> journey;
  probes::TraceContext trace;
  Variables variables;
  Masks masks;
  std::string budget;  // whose time a step uses, and its verb: "the journey's 30s were"
};

}  // namespace nines::journeys
