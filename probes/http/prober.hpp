#pragma once

// HTTP: a request with its redirects (exchange.hpp), the answer judged (judge.hpp).

#include <string>

#include "probes/probe.hpp"

namespace nines::probes {

// The URL of a target. As blackbox_exporter: what does not begin with a scheme is a host. Another scheme than http is
// left to be refused.
std::string http_url_of(const std::string& target);

Task<void> probe_http(ProbeRun run, Stop stop);

}  // namespace nines::probes
