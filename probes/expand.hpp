#pragma once

// Matching a module's regular expression and filling templates from the match.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/modules.hpp"

namespace nines::probes {

// What a regular expression matched: the whole and its groups, those that took no part as nothing. Always UTF-8, as
// Utf8Text makes it (probes/regex.hpp).
using Match = std::vector<std::optional<std::string>>;
std::optional<Match> find_match(const config::Regex& regex, std::string_view text);

// As Go's Regexp.Expand: $1, ${1}, $name, ${name}; $$ is a dollar, a group that is none is empty, a $ before anything
// else stays. $1x is the group named 1x.
std::string expand(std::string_view text, const config::Regex& regex, const Match& match);

}  // namespace nines::probes
