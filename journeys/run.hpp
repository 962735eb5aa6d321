#pragma once

// The front door of journeys/: one run of one journey.

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "probes/engine.hpp"
#include "probes/jq.hpp"
#include "probes/probe.hpp"

namespace nines::journeys {

// One HTTP answer a step got (a polling step gets several), for application metrics.
struct Request {
  std::string method;
  std::string path;  // the template before expansion, without query
  int status = 0;    // 0: no answer
  Micros duration{0};
};

struct StepResult {
  std::string name;
  bool finally = false;
  bool skipped = false;  // its `when` did not hold
  Outcome outcome;
  int status = 0;
  Micros duration{0};  // from its first request to the accepted answer
  Phases phases;       // summed over its requests
  bool measured = false;
  std::vector<Request> requests;
};

struct Run {
  Result result;  // row and evidence filled; region left to the caller
  std::vector<StepResult> steps;
  std::vector<Outcome> cleanup_failures;  // of `finally`: warnings of their own, never the target's downtime
};

// Runs steps, then `finally` (also after a failure, the timeout or a shutdown, with finally_timeout of its own).
// `stop` is the agent's: the journey's own timeout is applied inside.
probes::Task<Run> run(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Journey> journey,
                      probes::TraceContext trace, probes::Stop stop);

// Compiles every jq program of the journey with the variables visible at its step; faults with their places.
probes::Task<std::vector<Error>> compile(probes::Jq& jq, std::shared_ptr<const config::Journey> journey,
                                         probes::Stop stop);

}  // namespace nines::journeys
