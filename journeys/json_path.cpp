#include "journeys/json_path.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace nines::journeys {
namespace {

bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_word(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && (starts_word(text[length]) || is_digit(text[length]))) ++length;
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

// Takes "[12]" off the text.
std::optional<std::size_t> take_index(std::string_view& text) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), index);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || length >= text.size() || text[length] != ']') return std::nullopt;
  text.remove_prefix(length + 1);
  return index;
}

const Json* null_value() {
  static const Json null;
  return &null;
}

// One step down; nullptr where jq would report an error.
const Json* member(const Json& at, std::string_view name) {
  if (at.is_null()) return null_value();
  if (!at.is_object()) return nullptr;
  const auto found = at.find(std::string(name));
  return found == at.end() ? null_value() : &*found;
}

const Json* item(const Json& at, std::size_t index) {
  if (at.is_null()) return null_value();
  if (!at.is_array()) return nullptr;
  return index < at.size() ? &at[index] : null_value();
}

}  // namespace

std::optional<Json> take_path(const Json& document, std::string_view program) {
  std::string_view rest = trim(program);
  if (!rest.starts_with('.')) return std::nullopt;
  if (rest == ".") return document;
  const Json* at = &document;
  if (rest.starts_with(".[")) rest.remove_prefix(1);
  while (at != nullptr && !rest.empty()) {
    if (rest.size() > 1 && rest[0] == '.' && starts_word(rest[1])) {
      rest.remove_prefix(1);
      at = member(*at, take_word(rest));
    } else if (rest.size() > 1 && rest[0] == '[' && is_digit(rest[1])) {
      const auto index = take_index(rest);
      if (!index) return std::nullopt;
      at = item(*at, *index);
    } else {
      return std::nullopt;
    }
  }
  if (at == nullptr) return std::nullopt;
  return *at;
}

std::string_view compared_path(std::string_view program) {
  program = trim(program);
  const std::size_t end = program.find(' ');
  if (!program.starts_with('.') || end == std::string_view::npos) return {};
  constexpr std::array<std::string_view, 6> kComparisons = {"==", "!=", "<", "<=", ">", ">="};
  const std::string_view rest = program.substr(end + 1);
  const std::string_view operation = rest.substr(0, rest.find(' '));
  return std::ranges::find(kComparisons, operation) == kComparisons.end() ? std::string_view() : program.substr(0, end);
}

}  // namespace nines::journeys
