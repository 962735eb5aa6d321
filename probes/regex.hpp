#pragma once

// Matching as blackbox_exporter's regular expressions do (Go's regexp), where the text is not UTF-8: each byte that
// begins no valid sequence is read as U+FFFD. RE2 by itself lets no expression match such a byte, not even `.`.

#include <string>
#include <string_view>

#include "config/modules.hpp"

namespace nines::probes {

// A text as it is matched: itself, or a copy with U+FFFD when it is not UTF-8. The text outlives this. Any thread.
class Utf8Text {
 public:
  explicit Utf8Text(std::string_view text);
  Utf8Text(const Utf8Text&) = delete;

  std::string_view view() const { return view_; }

 private:
  std::string copy_;
  std::string_view view_;
};

// Whether the expression matches anywhere in the text. Any thread.
bool matches(const config::Regex& regex, const Utf8Text& text);
bool matches(const config::Regex& regex, std::string_view text);

}  // namespace nines::probes
