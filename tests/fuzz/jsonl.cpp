// Any line as a result: what is read is written and read again to the same result.

#include "store/jsonl.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto result = nines::store::parse_result_line({reinterpret_cast<const char*>(data), size});
  if (!result) {
    if (result.error().message.empty()) std::abort();
    return 0;
  }
  const std::string line = nines::store::format_result_line(*result);
  const auto again = nines::store::parse_result_line(line);
  if (!again || again->key != result->key || again->row != result->row) std::abort();
  return 0;
}
