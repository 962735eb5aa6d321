#pragma once

// `query_response`: the scripted conversation of the tcp and unix probers.

#include <string>

#include "config/config.hpp"
#include "probes/async/stream.hpp"
#include "probes/probe.hpp"

namespace nines::probes {

// Goes through `script` on `stream`: reads lines until one matches `expect` (or the bytes of `expect_bytes`), sends
// `send` and a line feed, with ${1} from the match, turns to TLS. Sets run.result's outcome, phases, tls and facts.
// Lines are at most 64 KiB, as blackbox_exporter's scanner has them. What it is given outlives the task.
Task<void> converse(ProbeRun run, Stream& stream, const std::vector<config::QueryResponse>& script,
                    const config::TlsConfig& tls, std::string host, Stop stop);

}  // namespace nines::probes
