#pragma once

// An answer held against what a step expects of it.

#include "journeys/answer.hpp"

namespace nines::journeys {

enum class StatusDefault { success, any };  // what an Expect without `status` accepts: 2xx and 3xx, or everything

// All that is not as expected, in one sentence part: "expected status 200 or 201, got 500; expected …". The reason is
// the first in the order http_status, assertion, too_slow, agent_jq that applies. `duration` is what `duration:` is
// about. Redacted. Pointers outlive the task.
probes::Task<Outcome> judge(Context* run, const config::Expect* expect, const Answer* answer, StatusDefault otherwise,
                            Micros duration, probes::Stop stop);

}  // namespace nines::journeys
