#pragma once

// `query_response`: the scripted conversation of the tcp and unix probers.

#include <string>
#include <vector>

#include "config/modules.hpp"
#include "probes/async/stream.hpp"
#include "probes/probe.hpp"

namespace nines::probes {

// Goes through `script` on `stream`: reads lines until one matches `expect` (or the bytes of `expect_bytes`), sends
// `send` and a line feed, with ${1} from the match, turns to TLS. Sets run.result's outcome, phases, tls and facts.
// Lines are at most 64 KiB, as blackbox_exporter's scanner has them. `host` is the certificate's; `began_ns` when the
// probe began. What it is given outlives the task.
Task<void> converse(ProbeRun run, Stream& stream, const std::vector<config::QueryResponse>& script,
                    const config::TlsConfig& tls, std::string host, std::uint64_t began_ns, Stop stop);

// Turns `stream` to TLS and sets run.result's tls, phases and, when that fails, outcome: false.
Task<bool> secure(ProbeRun run, Stream& stream, const config::TlsConfig& tls, std::string host, Stop stop);

}  // namespace nines::probes
