// nines.yml of any bytes: a configuration or faults, never a crash, and every fault has a sentence.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Other files are not this fuzzer's business.
  if (text.contains("file") || text.contains("include")) return 0;
  const auto nothing_set = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
  const auto loaded = nines::config::load_text(text, "nines.yml", nothing_set);
  if (loaded) return 0;
  if (loaded.error().empty()) std::abort();
  for (const nines::Error& fault : loaded.error()) {
    if (fault.message.empty()) std::abort();
  }
  return 0;
}
