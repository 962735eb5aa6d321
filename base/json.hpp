#pragma once

// JSON is nlohmann's, kept in insertion order. Headers include this (forward declarations); a .cpp that touches values
// includes <nlohmann/json.hpp>.

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/error.hpp"

namespace nines {

using Json = nlohmann::ordered_json;

// Parses one JSON document. Refuses, with the byte offset: bad syntax, invalid UTF-8, nesting over 256, trailing text.
Expected<Json> parse_json(std::string_view text);

// Compact, never throws: invalid UTF-8 becomes U+FFFD.
std::string dump_json(const Json& value);
// Indented by two spaces, with a final newline.
std::string dump_json_pretty(const Json& value);

}  // namespace nines
