#include "config/names.hpp"

#include <algorithm>

#include "config/utf8.hpp"

namespace nines::config {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}

}  // namespace

bool is_identifier(std::string_view text) {
  return !text.empty() && !is_digit(text[0]) && std::ranges::all_of(text, is_word);
}

bool is_metric_name(std::string_view text) {
  return !text.empty() && !is_digit(text[0]) &&
         std::ranges::all_of(text, [](char c) { return is_word(c) || c == ':'; });
}

bool is_http_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() &&
         std::ranges::all_of(text, [&](char c) { return is_word(c) || kMarks.find(c) != std::string_view::npos; });
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string name_fault(std::string_view text) {
  if (text.empty()) return "is empty: expected a name";
  if (text.size() > kMaxNameBytes) {
    return "has " + std::to_string(text.size()) + " bytes: expected at most " + std::to_string(kMaxNameBytes);
  }
  if (!is_printable(text)) return "holds a control character: expected printable characters";
  if (text.front() == ' ' || text.back() == ' ') return "begins or ends with a blank: expected none there";
  return {};
}

}  // namespace nines::config
