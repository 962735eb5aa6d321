#include "probes/regex.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <re2/re2.h>

#include "config/utf8.hpp"

namespace nines::probes {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// The length of the valid beginning.
std::size_t valid_prefix(std::string_view text) {
  constexpr std::uint64_t kNotAscii = 0x8080'8080'8080'8080;
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t word = 0;
    while (at + sizeof word <= text.size()) {
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & kNotAscii) != 0) break;
      at += sizeof word;
    }
    if (at == text.size()) break;
    const std::size_t length = config::utf8_sequence(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

}  // namespace

Utf8Text::Utf8Text(std::string_view text) : view_(text) {
  std::size_t valid = valid_prefix(text);
  if (valid == text.size()) return;
  while (!text.empty()) {
    copy_ += text.substr(0, valid);
    text.remove_prefix(valid);
    if (text.empty()) break;
    copy_ += kReplacement;
    text.remove_prefix(1);
    valid = valid_prefix(text);
  }
  view_ = copy_;
}

bool matches(const config::Regex& regex, const Utf8Text& text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.view().data(), text.view().size()), *regex.compiled);
}

bool matches(const config::Regex& regex, std::string_view text) {
  return matches(regex, Utf8Text(text));
}

}  // namespace nines::probes
