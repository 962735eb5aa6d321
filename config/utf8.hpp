#pragma once

// UTF-8, and what a configuration text may not hold.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace nines::config {

struct BadByte {
  int line;
  int column;
  std::string what;  // "a byte that is not UTF-8 (0xff)", "a control character (0x04)"
};

// Bytes of the valid sequence that begins the text, which is not empty (RFC 3629: no overlong forms, no surrogates); 0:
// none does.
std::size_t utf8_sequence(std::string_view text);

// The first byte that is not UTF-8, or a control character other than tab, line feed and carriage return.
std::optional<BadByte> find_bad_byte(std::string_view text);

// A text on one line without control characters, in valid UTF-8.
bool is_printable(std::string_view text);

}  // namespace nines::config
