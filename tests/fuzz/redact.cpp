// Any text, redacted: no secret is left in it, plain or encoded.

#include "base/redact.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/evidence.hpp"
#include "base/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string secret = "correct horse";
  static const nines::Redactor redactor({nines::Secret(secret)});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string shown = redactor.all(text);
  if (shown.contains(secret) || shown.contains(nines::base64_encode(secret))) std::abort();
  if (nines::evidence_text(text, 64, &redactor).size() > 64) std::abort();
  return 0;
}
