#pragma once

// The query of a request target (RFC 3986, section 3.4), read as Go's net/url reads it: a value may hold = and ?.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nines::agent {

// Of "/path?a=1&b=x%20y+z": {"a", "1"}, {"b", "x y z"}. What is wrongly encoded is left out.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view request_target);

// Nothing when a % is followed by anything but two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace nines::agent
