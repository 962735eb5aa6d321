#pragma once

// Text with {{ … }} in it, as journeys send it: parsed here so that load() finds its faults, expanded by journeys/.
//
//   {{ title }}                        a variable, a secret or a capture
//   {{ uuid }} {{ unix_ms }} {{ run_id }} {{ random 1 100 }}
//   {{ now }} {{ now '+1h' }} {{ now '-30m' '%Y-%m-%d' }}
//   {{ '{{' }}                         the text between the quotes

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace nines::config {

struct TemplatePiece {
  enum class Kind { text, variable, uuid, now, unix_ms, random, run_id };

  Kind kind = Kind::text;
  std::string text;      // text: itself; variable: its name; now: a strftime format, empty for RFC 3339
  Micros offset{0};      // now: added to the time, may be negative
  std::int64_t low = 0;  // random: low to high, both included
  std::int64_t high = 0;

  bool operator==(const TemplatePiece&) const = default;
};

// Pieces in order, neighbouring texts joined; none for an empty text. Errors say what is wrong with which {{ … }}. Any
// thread.
Expected<std::vector<TemplatePiece>> parse_template(std::string_view text);

// True for the words that {{ … }} already means something by.
bool is_template_builtin(std::string_view name);

}  // namespace nines::config
