// Any bytes as a chunk: what is read of them is written and read again to the same results.

#include "store/chunk.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// A byte says how many results, one how long the first string is; the two strings follow.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nines::store;
  if (size < 2) return 0;
  HourSummary summary;
  summary.count = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto cut = std::min<std::size_t>(data[1], bytes.size());
  const auto rows = decode_columns(summary, bytes.substr(0, cut), bytes.substr(cut));
  if (!rows) {
    if (rows.error().message.empty()) std::abort();
    return 0;
  }
  const auto chunk = encode_chunk(1, *rows);
  const auto again = decode_chunk(1, view(chunk));
  if (!again || *again != *rows || chunk.summary.hour != 0) std::abort();
  return 0;
}
