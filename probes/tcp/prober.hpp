#pragma once

// TCP: connects, speaks TLS if asked to, and goes through a conversation (probes/conversation.hpp).

#include "probes/probe.hpp"

namespace nines::probes {

Task<void> probe_tcp(ProbeRun run, Stop stop);

}  // namespace nines::probes
