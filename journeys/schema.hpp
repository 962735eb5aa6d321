#pragma once

// A JSON document held against a JSON Schema (config/json_schema.hpp).

#include <cstddef>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "config/json_schema.hpp"

namespace nines::journeys {

struct SchemaViolation {
  std::string path;           // JSON Pointer (RFC 6901) of the value: "/items/0/id"; empty: the whole document
  std::string expected;       // what it was expected to be or have: "to be an integer"
  const Json* got = nullptr;  // in the document; null: what is told says it
};

// All that does not hold, the first kMostViolations of it; empty: the document is as the schema says. Ends by itself on
// any document of parse_json(): a verdict that would take more than some millions of steps is a violation. Any thread.
std::vector<SchemaViolation> violations(const config::JsonSchema& schema, const Json& document);

inline constexpr std::size_t kMostViolations = 10;

}  // namespace nines::journeys
