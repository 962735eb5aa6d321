#pragma once

// Text with {{ … }} in it, as journeys send it: parsed here so that load() finds its faults, expanded by journeys/.
//
//   {{ title }}                        a variable, a secret or a capture
//   {{ uuid }} {{ unix_ms }} {{ run_id }} {{ random 1 100 }}
//   {{ now }} {{ now '+1h' }} {{ now '-30m' '%Y-%m-%d' }}
//   {{ '{{' }}                         the text between the quotes
//   {{ title | lower | urlencode }}    filters, applied from left to right
//   {{ body | hmac_sha256 key }} {{ body | hmac_sha256 'text of the key' }}

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace nines::config {

// One filter of {{ value | filter }}. All take the value as text, but for `json`, which takes it with its type; sha256
// and hmac_sha256 give lower-case hexadecimal digits, base64 is RFC 4648's with its padding (4), urlencode is RFC
// 3986's percent-encoding of all but its unreserved characters, upper and lower change ASCII letters.
struct TemplateFilter {
  enum class Kind { json, urlencode, base64, upper, lower, sha256, hmac_sha256 };

  Kind kind = Kind::json;
  std::string key;           // hmac_sha256: the name of a variable, secret or capture, or the text of the key
  bool key_is_text = false;  // it was quoted

  bool operator==(const TemplateFilter&) const = default;
};

struct TemplatePiece {
  enum class Kind { text, variable, uuid, now, unix_ms, random, run_id };

  Kind kind = Kind::text;
  std::string text;      // text: itself; variable: its name; now: a strftime format, empty for RFC 3339
  Micros offset{0};      // now: added to the time, may be negative
  std::int64_t low = 0;  // random: low to high, both included
  std::int64_t high = 0;
  std::vector<TemplateFilter> filters{};  // in order; of a quoted text too

  bool operator==(const TemplatePiece&) const = default;
};

inline constexpr std::size_t kMaxFilters = 8;  // of one {{ … }}

// Pieces in order, neighbouring texts without filters joined; none for an empty text. Errors say what is wrong with
// which {{ … }}. Any thread.
Expected<std::vector<TemplatePiece>> parse_template(std::string_view text);

// A variable with its filters, or a plain text, as parse_template() would read it again: `{{ password | urlencode }}`.
std::string write_template(const TemplatePiece& piece);

// True for the words that {{ … }} already means something by.
bool is_template_builtin(std::string_view name);

}  // namespace nines::config
