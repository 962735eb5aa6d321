#pragma once

// The gRPC health checking protocol: https://github.com/grpc/grpc/blob/master/doc/health-checking.md

#include <string>
#include <string_view>

#include "probes/probe.hpp"

namespace nines::probes {

// "host:port" of a target, which may be written as a URL; its scheme decides nothing, `tls` does.
std::string grpc_authority(std::string_view target);

Task<void> probe_grpc(ProbeRun run, Stop stop);

}  // namespace nines::probes
