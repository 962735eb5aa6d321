#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"

namespace nines::probes {

// A date as HTTP has them (RFC 9110, 5.6.7), in any of its three forms:
// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994".
std::optional<Time> parse_http_date(const std::string& text);

}  // namespace nines::probes
