#pragma once

// DNS: one query over UDP, TCP or TLS (RFC 1035, RFC 7858), its answer judged.

#include "probes/probe.hpp"

namespace nines::probes {

Task<void> probe_dns(ProbeRun run, Stop stop);

}  // namespace nines::probes
