#include "journeys/matches.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <re2/re2.h>

namespace nines::journeys {
namespace {

// 0 is the whole match, -1 no group.
int number_of(const re2::RE2& regex, const std::string& group) {
  const int groups = regex.NumberOfCapturingGroups();
  if (group.empty()) return std::min(groups, 1);
  const auto named = regex.NamedCapturingGroups().find(group);
  if (named != regex.NamedCapturingGroups().end()) return named->second;
  int number = 0;
  const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), number);
  const bool whole = error == std::errc() && end == group.data() + group.size();
  return whole && number <= groups ? number : -1;
}

}  // namespace

std::vector<std::string> matches_of(const config::Regex& regex, const std::string& group, bool all,
                                    std::string_view text) {
  std::vector<std::string> out;
  const int number = number_of(*regex.compiled, group);
  if (number < 0 || number >= kMaxGroups) return out;
  std::array<re2::StringPiece, kMaxGroups> parts;
  const re2::StringPiece whole(text.data(), text.size());
  for (std::size_t at = 0; at <= text.size() && out.size() < kMaxMatches;) {
    if (!regex.compiled->Match(whole, at, whole.size(), re2::RE2::UNANCHORED, parts.data(), number + 1)) break;
    const re2::StringPiece& part = parts[static_cast<std::size_t>(number)];
    if (part.data() != nullptr) out.emplace_back(part.data(), part.size());
    if (!all && !out.empty()) break;
    const auto end = static_cast<std::size_t>(parts[0].data() - text.data()) + parts[0].size();
    at = parts[0].empty() ? end + 1 : end;
  }
  return out;
}

}  // namespace nines::journeys
