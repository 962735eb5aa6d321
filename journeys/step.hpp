#pragma once

#include "journeys/context.hpp"
#include "journeys/run.hpp"

namespace nines::journeys {

struct StepRun {
  StepResult result;
  Evidence evidence;  // of a failure
};

// Sends the step's request, once or until `until` holds, captures and judges. `stop` is the budget the step is part of;
// the step's own timeout is applied inside. Pointers outlive the task.
probes::Task<StepRun> run_step(Context* run, const config::Step* step, probes::Stop stop);

// "/api/v1/tasks/{{ task_id }}": the URL before expansion, without scheme, host and query.
std::string path_template(const config::Step& step);

}  // namespace nines::journeys
