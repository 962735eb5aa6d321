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

// Runs steps up to the first failure, then every step of `finally` (also after a failure, the timeout or a shutdown),
// with finally_timeout of its own, of which each step may use its share of what is left; a shutdown leaves five seconds
// of it. `stop` is the agent's: the journey's own timeout is applied inside. Loop's thread; engine and jq outlive it.
//
// A step sends its request (redirects are not followed), captures, then judges, so that what a wrong answer created is
// known to `finally`. All that is wrong is told at once; what ends a step has this reason:
//   the transport's own (connect_refused, http_timeout, …)   no complete answer
//   http_status, assertion, too_slow                         `expect`: status, jq, duration, the first that applies
//   capture                                                  a capture found nothing, or its value cannot be sent
//   poll_timeout                                             answers came, but none as `until` wants in time
//   timeout, agent_shutdown, agent_jq                        the journey's time was up; the agent's doing
// Messages name the step and hold no secret (journeys/masks.hpp):
//   step "create" (POST /api/v1/tasks): expected status 200 or 201, got 500
probes::Task<Run> run(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Journey> journey,
                      probes::TraceContext trace, probes::Stop stop);

// Compiles every jq program with the names visible to it: `until` sees what earlier steps captured, `expect` also what
// its own step does. Faults come with their places.
probes::Task<std::vector<Error>> compile(probes::Jq& jq, std::shared_ptr<const config::Journey> journey,
                                         probes::Stop stop);

}  // namespace nines::journeys
