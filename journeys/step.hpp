#pragma once

#include "journeys/context.hpp"
#include "journeys/run.hpp"

namespace nines::journeys {

struct StepRun {
  StepResult result;
  Evidence evidence;  // of a failure, and of earlier attempts
};

// Sets what the step sets, sends its request, once or until `until` holds, captures and judges; when that fails, all of
// it again, as its `retry` says: the last attempt judges, those before it are in evidence.attempts, also of a success.
// `name` is the step's, or that of its round. `stop` is the budget the step is part of; the step's own timeout is
// applied inside, to each attempt. Pointers outlive the task.
probes::Task<StepRun> run_step(Context* run, const config::Step* step, std::string name, probes::Stop stop);

// "step "create" (POST /api/v1/tasks): ", what every sentence about a step begins with.
std::string step_label(const config::Step& step, const std::string& name);

// "/api/v1/tasks/{{ task_id }}": the URL before expansion, without scheme, host and query.
std::string path_template(const config::Step& step);

}  // namespace nines::journeys
