#pragma once

// HTTP: a request with its redirects (exchange.hpp), the answer judged (judge.hpp).

#include "probes/probe.hpp"

namespace nines::probes {

Task<void> probe_http(ProbeRun run, Stop stop);

}  // namespace nines::probes
