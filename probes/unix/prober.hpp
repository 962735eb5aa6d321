#pragma once

// The same as TCP over a Unix domain socket.

#include "probes/probe.hpp"

namespace nines::probes {

Task<void> probe_unix(ProbeRun run, Stop stop);

}  // namespace nines::probes
