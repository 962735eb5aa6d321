#pragma once

// `addresses: all`: each address of the target's name is probed, and all must pass.

#include "probes/probe.hpp"

namespace nines::probes {

// Whether a request asks for it: its module does, its target is a name that is looked up here, and no address is pinned
// yet.
bool wants_all_addresses(const ProbeRequest& request);

// Looks the name up once and probes its addresses, at most kMaxAddresses, kDescriptorsPerRun at a time: one that had no
// turn before the time was up has failed. The outcome is that of the first that failed through the target's fault, else
// of the first that failed, and its sentence names all that did; the facts are of the same, else of the slowest, and
// those about TLS of the certificate that expires first. `start` and `duration` are the caller's to set. Loop's thread.
Task<ProbeResult> probe_all_addresses(Engine& engine, ProbeRequest request, Stop stop);

inline constexpr std::size_t kMaxAddresses = 16;

}  // namespace nines::probes
