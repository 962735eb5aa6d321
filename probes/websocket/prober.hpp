#pragma once

// WebSocket (RFC 6455): the upgrade, then a conversation of messages.

#include "probes/probe.hpp"

namespace nines::probes {

Task<void> probe_websocket(ProbeRun run, Stop stop);

}  // namespace nines::probes
