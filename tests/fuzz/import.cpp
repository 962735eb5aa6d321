// Any bytes as what another tool has written: journeys that load, or faults; never a crash, never without a sentence.

#include "config/import.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "config/load.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nines::config;
  if (size == 0) return 0;
  const ImportSource source{{reinterpret_cast<const char*>(data) + 1, size - 1}, "file", ""};
  const auto imported = data[0] % 3 == 0   ? import_postman(source)
                        : data[0] % 3 == 1 ? import_har(source)
                                           : import_hurl(source);
  if (!imported) {
    if (imported.error().empty() || imported.error().front().message.empty()) std::abort();
    return 0;
  }
  // Files are there or not, and variables of the environment may be what no URL can be made of.
  if (imported->text.contains("file: ") || imported->text.contains("${")) return 0;
  const auto all_set = [](const std::string&) -> std::optional<std::string> { return "some value"; };
  const auto loaded = load_text(imported->text, "nines.yml", all_set);
  if (loaded) return 0;
  std::fprintf(stderr, "%s\n%s\n", imported->text.c_str(), loaded.error().front().text().c_str());
  std::abort();
}
