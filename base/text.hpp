#pragma once

// Small things about text that several rooms need.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nines {

std::string base64_encode(std::string_view bytes);
// RFC 3986: everything but unreserved characters becomes %XX.
std::string percent_encode(std::string_view bytes);

// The candidate nearest to `word` (Damerau-Levenshtein, at most a third of its length away, at least 1), or empty.
std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

// At most `bytes` bytes, cut at a UTF-8 boundary, "…" added when something was cut.
std::string ellipsize(std::string_view text, std::size_t bytes);

// Control characters shown as \n, \t, \xNN so that a text from outside stays on one line.
std::string printable(std::string_view text);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);

}  // namespace nines
