#pragma once

// What a step takes out of its answer, for later steps.

#include "journeys/answer.hpp"

namespace nines::journeys {

// Puts what the step captures into the run's variables, texts as texts and JSON with its types. The outcome names every
// capture that found nothing and has no `default`; the others are made all the same. Pointers outlive the task.
probes::Task<Outcome> capture(Context* run, const config::Step* step, const Answer* answer, probes::Stop stop);

}  // namespace nines::journeys
