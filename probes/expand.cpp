#include "probes/expand.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include <re2/re2.h>

#include "probes/regex.hpp"

namespace nines::probes {

namespace {

bool is_name_byte(unsigned char c) {
  return std::isalnum(c) != 0 || c == '_' || c >= 0x80;
}

struct Reference {
  std::string_view name;
  std::size_t size = 0;  // with its braces
};

// What stands after a dollar sign.
std::optional<Reference> read_reference(std::string_view text) {
  const bool braces = text.starts_with('{');
  const std::string_view from = text.substr(braces ? 1 : 0);
  const auto end = std::ranges::find_if_not(from, is_name_byte);
  const auto size = static_cast<std::size_t>(end - from.begin());
  if (size == 0) return std::nullopt;
  if (!braces) return Reference{from.substr(0, size), size};
  if (size == from.size() || from[size] != '}') return std::nullopt;
  return Reference{from.substr(0, size), size + 2};
}

std::string_view group(const Match& match, std::size_t index) {
  return index < match.size() && match[index] ? std::string_view(*match[index]) : std::string_view();
}

std::string_view value_of(std::string_view name, const re2::RE2& regex, const Match& match) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool leading_zero = name.size() > 1 && name.front() == '0';
  if (error == std::errc() && end == name.data() + name.size() && !leading_zero) return group(match, number);
  const auto& names = regex.NamedCapturingGroups();
  const auto found = names.find(std::string(name));
  return found == names.end() ? std::string_view() : group(match, static_cast<std::size_t>(found->second));
}

}  // namespace

std::optional<Match> find_match(const config::Regex& regex, std::string_view given) {
  const Utf8Text readable(given);
  const std::string_view text = readable.view();
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex.compiled->NumberOfCapturingGroups()) + 1);
  if (!regex.compiled->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, groups.data(),
                             static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  Match out;
  for (const re2::StringPiece& piece : groups) {
    if (piece.data() == nullptr) {
      out.emplace_back(std::nullopt);
    } else {
      out.emplace_back(std::string(piece.data(), piece.size()));
    }
  }
  return out;
}

std::string expand(std::string_view text, const config::Regex& regex, const Match& match) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar + 1);
    if (text.starts_with('$')) {
      out += '$';
      text.remove_prefix(1);
    } else if (const auto reference = read_reference(text)) {
      out += value_of(reference->name, *regex.compiled, match);
      text.remove_prefix(reference->size);
    } else {
      out += '$';
    }
  }
  return out;
}

}  // namespace nines::probes
