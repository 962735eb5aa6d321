// Any text as a template: pieces or a sentence.

#include "config/template.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto pieces = nines::config::parse_template({reinterpret_cast<const char*>(data), size});
  if (!pieces && pieces.error().message.empty()) std::abort();
  return 0;
}
