#pragma once

// What `nines check -v` tells of each exchange: it was masked before.

#include <string>

#include "base/json.hpp"
#include "probes/recording.hpp"

namespace nines::agent {

// As curl -v has it: lines sent behind "> ", lines received behind "< ", each behind `indent`.
std::string exchange_text(const probes::Exchanged& exchange, const std::string& indent);
// {attempt, time, duration_ms, address, request: {method, url, line, headers[], body}, response: {…}, reason, message}
Json exchange_json(const probes::Exchanged& exchange);

}  // namespace nines::agent
