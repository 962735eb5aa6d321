// The first line is a JSON Schema, the rest a document: a schema or a sentence, and a verdict in time.

#include "journeys/schema.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <nlohmann/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const auto schema = nines::parse_json(text.substr(0, line));
  if (!schema) return 0;
  const auto read = nines::config::read_schema(*schema);
  if (!read) {
    if (!read.error().message.starts_with("at ")) std::abort();
    return 0;
  }
  const auto document = nines::parse_json(text.substr(line + 1));
  if (!document) return 0;
  const auto found = nines::journeys::violations(**read, *document);
  if (found.size() > nines::journeys::kMostViolations) std::abort();
  for (const auto& one : found) {
    if (one.expected.empty()) std::abort();
  }
  return 0;
}
