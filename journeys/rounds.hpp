#pragma once

// A step as often as its `when` and `repeat` say.

#include <vector>

#include "journeys/step.hpp"

namespace nines::journeys {

struct Rounds {
  std::vector<StepResult> results;  // at least one: a step that did not run is a skipped one
  Evidence evidence;                // of the first failure, and of the attempts before a success
};

enum class AfterFailure { stop, go_on };  // to the next round: `finally` goes on

// Runs the step once, or its rounds, which are called name[1], name[2], …, each after its think time and only while
// `when` holds. A list that has no value, is no list or has too many items is a failure; with `go_on` one without a
// value is skipped. Pointers outlive the task.
probes::Task<Rounds> run_rounds(Context* run, const config::Step* step, AfterFailure after, probes::Stop stop);

}  // namespace nines::journeys
