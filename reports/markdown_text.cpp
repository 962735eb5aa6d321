#include "reports/markdown_text.hpp"

#include "base/text.hpp"
#include "reports/words.hpp"

namespace nines::reports {
namespace {

bool needs_backslash(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  if (std::string_view("\\`*_{}[]<>()#!|~&$").find(rest.front()) != std::string_view::npos) return true;
  // What GitHub makes a link of without being asked.
  return rest.starts_with("://") || (rest.front() == '.' && text.substr(0, at).ends_with("www"));
}

}  // namespace

std::string escaped(std::string_view text) {
  const std::string shown = printable(text);
  std::string out;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (needs_backslash(shown, i)) out += '\\';
    out += shown[i];
    // GitHub looks for people and addresses in the rendered text: a backslash is gone there, a space of no width stays.
    if (shown[i] == '@') out += "&#8203;";
  }
  return out;
}

std::string escaped_list(const std::vector<std::string>& names) {
  std::vector<std::string> parts;
  parts.reserve(names.size());
  for (const std::string& name : names) parts.push_back(escaped(name));
  return joined(parts);
}

std::string row(const std::vector<std::string>& cells) {
  return "| " + joined(cells, " | ") + " |\n";
}

}  // namespace nines::reports
