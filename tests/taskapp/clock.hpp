#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace taskapp {

/// Milliseconds since 1970-01-01T00:00:00Z, from the system's clock.
std::int64_t now_ms();

/// 2026-10-01T00:00:00.000Z
std::string rfc3339(std::int64_t ms);

/// Reads 2026-10-01T00:00:00Z, in whole seconds and UTC; nothing when the text is anything else.
std::optional<std::int64_t> parse_rfc3339(const std::string& text);

}  // namespace taskapp
