#include "config/go_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "config/names.hpp"

namespace nines::config {
namespace {

bool is_cased(std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (text.empty()) return false;
  return std::ranges::all_of(text, lower) || std::ranges::all_of(text, upper) ||
         (upper(text[0]) && std::ranges::all_of(text.substr(1), lower));
}

int base_of(std::string_view& digits) {
  constexpr std::pair<std::string_view, int> kPrefixes[] = {{"0x", 16}, {"0o", 8}, {"0b", 2}};
  for (const auto& [prefix, base] : kPrefixes) {
    if (!lower_case(digits.substr(0, 2)).starts_with(prefix)) continue;
    digits.remove_prefix(2);
    return base;
  }
  return digits.size() > 1 && digits[0] == '0' ? 8 : 10;
}

}  // namespace

std::optional<bool> parse_go_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 4> kTrue = {"true", "y", "yes", "on"};
  constexpr std::array<std::string_view, 4> kFalse = {"false", "n", "no", "off"};
  if (!is_cased(text)) return std::nullopt;
  const std::string word = lower_case(text);
  if (std::ranges::find(kTrue, word) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, word) != kFalse.end()) return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_go_integer(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != '_'; });
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  const int base = base_of(rest);
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, base);
  if (rest.starts_with('-') || error != std::errc() || stop != rest.data() + rest.size()) return std::nullopt;
  return negative ? -value : value;
}

std::optional<Micros> parse_go_duration(std::string_view text) {
  constexpr std::pair<std::string_view, double> kUnits[] = {{"ns", 1e-3}, {"us", 1},  {"µs", 1},  {"μs", 1},
                                                            {"ms", 1e3},  {"s", 1e6}, {"m", 6e7}, {"h", 3.6e9}};
  constexpr double kMost = 9.2e15;  // Go's, in microseconds
  if (text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find_first_not_of("0123456789."), text.size());
    std::string number(text.substr(0, size));
    if (number.starts_with('.')) number.insert(0, 1, '0');
    double value = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (size == 0 || text.substr(0, size) == "." || error != std::errc() || stop != number.data() + number.size()) {
      return std::nullopt;
    }
    text.remove_prefix(size);
    const std::string_view word = text.substr(0, text.find_first_of("0123456789."));
    const auto unit = std::ranges::find(kUnits, word, [](const auto& entry) { return entry.first; });
    if (unit == std::end(kUnits)) return std::nullopt;
    total += value * unit->second;
    text.remove_prefix(word.size());
  }
  if (!(total <= kMost)) return std::nullopt;
  return Micros(static_cast<std::int64_t>(std::ceil(total)));
}

}  // namespace nines::config
