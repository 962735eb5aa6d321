#pragma once

// What a capture takes out of a text by a regular expression.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/checks.hpp"

namespace nines::journeys {

inline constexpr std::size_t kMaxMatches = 1000;
inline constexpr int kMaxGroups = 100;

// What `group` (a number or a name; empty: the first, or all of the match when there is none) holds in every match of
// `regex`, up to kMaxMatches of them, or with `all` false in the first match in which it takes part. Nothing for a
// group that there is not. Linear in the text. Any thread.
std::vector<std::string> matches_of(const config::Regex& regex, const std::string& group, bool all,
                                    std::string_view text);

}  // namespace nines::journeys
