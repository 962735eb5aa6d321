#pragma once

// ICMP echo (RFC 792, RFC 4443) by an unprivileged socket where the system has them, else a raw one.

#include "probes/probe.hpp"

namespace nines::probes {

Task<void> probe_icmp(ProbeRun run, Stop stop);

}  // namespace nines::probes
