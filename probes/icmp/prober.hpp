#pragma once

// ICMP echo (RFC 792, RFC 4443) by an unprivileged socket where the system has them, else a raw one.

#include <string>

#include "probes/probe.hpp"

namespace nines::probes {

// The host of a target: an IPv6 address may stand in brackets.
std::string icmp_host(const std::string& target);

Task<void> probe_icmp(ProbeRun run, Stop stop);

}  // namespace nines::probes
