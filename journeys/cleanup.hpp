#pragma once

// What a run does about what it makes: it writes it down before the next step begins, and deletes what is left.

#include <string>
#include <vector>

#include "journeys/context.hpp"
#include "journeys/ledger.hpp"
#include "journeys/run.hpp"
#include "probes/async/stop.hpp"

namespace nines::journeys {

// Whether the step makes something whose name is known before it is sent, chosen by us: it is written down first.
bool known_before(const config::Step& step, const config::Creates& creation);

// Opens an entry for each thing that the step (has made, or with `before` is about to make) and waits until a kill of
// the agent could no longer forget it. Nothing where the names have no value, or the entry is open. Pointers outlive
// the task, which ends when the store has written the entry or given up, about a second later, whatever `stop` says:
// only that keeps what was made.
probes::Task<void> write_down(Context* run, const config::Step* step, bool before);

// Closes the entries that the step, which sent DELETE and got `result`, has removed.
void note_removal(Context& run, const config::Step& step, const StepResult& result);

// What came of deleting.
struct Removal {
  std::vector<StepResult> steps;  // one for each request
  std::vector<Outcome> failures;
  int given_up = 0;  // entries that will not be tried again
};

// Deletes what is open for this journey, the last made first, each with its share of what is left of `budget`: 2xx, 404
// and 410 mean that it is gone. `mine_only`: nothing that an earlier run left. Pointers outlive the task.
probes::Task<Removal> remove_leftovers(Context* run, bool mine_only, probes::DeadlineScope* budget);

}  // namespace nines::journeys
