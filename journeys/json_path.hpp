#pragma once

#include <optional>
#include <string_view>

#include "base/json.hpp"

namespace nines::journeys {

// What a jq program that is a plain path (`.`, `.id`, `.a.b[0].c`, `.[2]`) gives for `document`, without jq: exact,
// where jq's doubles lose the digits of integers above 2^53, and much faster. Null where jq gives null. Nullopt when
// the program is anything else, or the document does not fit it: then jq decides, and words the fault.
std::optional<Json> take_path(const Json& document, std::string_view program);

// The plain path that `program` starts with, when a comparison follows: ".title" of ".title == $title"; else empty.
std::string_view compared_path(std::string_view program);

}  // namespace nines::journeys
