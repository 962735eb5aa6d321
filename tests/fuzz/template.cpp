// Any text as a template: pieces or a sentence. As a jq program: the names it takes from outside.

#include "config/template.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "config/jq_words.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto pieces = nines::config::parse_template(text);
  if (!pieces && pieces.error().message.empty()) std::abort();
  for (const auto& piece : pieces.value_or(std::vector<nines::config::TemplatePiece>())) {
    if (piece.filters.size() > nines::config::kMaxFilters) std::abort();
    // What is written again means the same.
    using Kind = nines::config::TemplatePiece::Kind;
    const bool plain = piece.kind == Kind::text && piece.filters.empty();
    if (!plain && piece.kind != Kind::variable) continue;
    const auto again = nines::config::parse_template(nines::config::write_template(piece));
    if (!again || again->size() != 1 || again->front() != piece) std::abort();
  }
  for (const std::string& name : nines::config::jq_variables(text)) {
    if (name.empty() || text.find(name) == text.npos) std::abort();
  }
  return 0;
}
