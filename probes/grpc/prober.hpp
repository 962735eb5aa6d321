#pragma once

// The gRPC health checking protocol: https://github.com/grpc/grpc/blob/master/doc/health-checking.md

#include "probes/probe.hpp"

namespace nines::probes {

Task<void> probe_grpc(ProbeRun run, Stop stop);

}  // namespace nines::probes
