// The first line is a jq program, the rest a document: what a plain path finds is a value of the document, or null.

#include "journeys/json_path.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

namespace {

bool holds(const nines::Json& document, const nines::Json& value) {
  if (document == value) return true;
  if (!document.is_structured()) return false;
  for (const nines::Json& item : document) {
    if (holds(item, value)) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string_view program = text.substr(0, line);
  const std::string_view compared = nines::journeys::compared_path(program);
  if (!compared.empty() && program.find(compared) == std::string_view::npos) std::abort();
  const auto document = nines::parse_json(text.substr(line + 1));
  if (!document) return 0;
  const auto found = nines::journeys::take_path(*document, program);
  if (found && !found->is_null() && !holds(*document, *found)) std::abort();
  return 0;
}
