#pragma once

// JSON text with the shortest numbers that read back as the same double: nlohmann's own writer gives one in a thousand
// with noise at the end (494.50428900000003), so that a reader of decimals would not find the microsecond. Internal to
// reports/.

#include <string>

#include "base/json.hpp"

namespace nines::reports {

// As dump_json_pretty: indented by two spaces, final newline, invalid UTF-8 replaced; numbers that are not finite:
// null.
std::string json_text(const Json& value);

}  // namespace nines::reports
