// The first line is a regular expression, the second a group's name or number, the rest a text: what a capture takes
// out of it is in it, within the limit, and the first of all is the one that is taken alone.

#include "journeys/matches.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/module.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = [&text] {
    const std::string_view out = text.substr(0, text.find('\n'));
    text.remove_prefix(out.size() < text.size() ? out.size() + 1 : out.size());
    return std::string(out);
  };
  const std::string pattern = line();
  const std::string group = line();
  const auto regex = nines::config::compile_regex(pattern);
  if (!regex) {
    if (regex.error().message.empty()) std::abort();
    return 0;
  }
  const auto all = nines::journeys::matches_of(*regex, group, true, text);
  const auto first = nines::journeys::matches_of(*regex, group, false, text);
  if (all.size() > nines::journeys::kMaxMatches || first.size() > 1) std::abort();
  if (all.empty() != first.empty() || (!first.empty() && first.front() != all.front())) std::abort();
  for (const std::string& match : all) {
    if (text.find(match) == std::string_view::npos) std::abort();
  }
  return 0;
}
