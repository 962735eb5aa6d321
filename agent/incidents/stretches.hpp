#pragma once

// Where outages can be, found by the summaries of hours alone: what is well is not read.

#include <functional>
#include <span>
#include <vector>

#include "agent/incidents/subjects.hpp"
#include "base/error.hpp"
#include "store/store.hpp"

namespace nines::agent {

// Asked between pieces of work; true: stop, the caller wants no answer any more.
using GiveUp = std::function<bool()>;
inline constexpr const char* kTookTooLong = "it takes too long: ask for a shorter time, or use the command";

// Disjoint parts of the period, in order, outside of which the subject has no down time: each holds a run of failures
// that is long enough to be one, and what follows until its last result is stale. There may be none where it was down
// in the end. Reads the stores: not on a loop.
Expected<std::vector<Period>> troubled_stretches(std::span<store::Reader> readers, const config::Config& config,
                                                 const IncidentSubject& subject, const Period& period,
                                                 const GiveUp& give_up);

}  // namespace nines::agent
