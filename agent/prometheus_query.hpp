#pragma once

// Asks a Prometheus, or what speaks its HTTP API (Thanos, Mimir), for the value of an objective's query.

#include <stop_token>

#include "config/config.hpp"
#include "sla/model.hpp"

namespace nines::agent {

// The query evaluated at `at`. What cannot be used (no answer, a refusal, several series, a partial answer) has no
// value and says why in `trouble`. Blocks until the remote's time-out: any thread but a loop's. Ends soon after `stop`
// is asked for.
sla::PrometheusFigures ask_prometheus(const config::Remote& prometheus, const config::Objective& objective, Time at,
                                      const std::stop_token& stop = {});

}  // namespace nines::agent
