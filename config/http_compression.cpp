#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "config/module.hpp"

namespace nines::config {
namespace {

struct Coding {
  std::string_view name;
  double quality = 1;
};

// To three digits, as the header has them; what is no number is 0.
double parse_quality(std::string_view text) {
  double quality = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), quality);
  if (error != std::errc() || stop != text.data() + text.size() || !std::isfinite(quality)) return 0;
  return std::round(quality * 1000) / 1000;
}

Coding parse_coding(std::string_view text) {
  const std::size_t semicolon = text.rfind(';');
  if (semicolon == std::string_view::npos) return {trim(text)};
  std::string_view quality = trim(text.substr(semicolon + 1));
  if (quality.starts_with("q=")) quality.remove_prefix(2);
  return {trim(text.substr(0, semicolon)), parse_quality(quality)};
}

}  // namespace

bool accepts_encoding(std::string_view accept_encoding, std::string_view encoding) {
  if (encoding.empty() || accept_encoding.empty()) return true;
  std::vector<Coding> codings;
  for (const std::string_view part : split(accept_encoding, ',')) codings.push_back(parse_coding(part));
  std::ranges::stable_sort(codings, std::ranges::greater{}, &Coding::quality);
  for (const Coding& coding : codings) {
    if (coding.name == encoding || coding.name == "*") return coding.quality > 0;
  }
  return false;
}

}  // namespace nines::config
