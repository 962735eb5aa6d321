#pragma once

// Scalars of blackbox_exporter's files, as Go's yaml.v3 and time.ParseDuration read them.

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace nines::config {

// y, yes, on, true and their opposites, in lower case, upper case or capitalized.
std::optional<bool> parse_go_boolean(std::string_view text);
// Decimal, or 0x, 0o, 0b and 0 before octal digits; a sign, and _ between digits.
std::optional<std::int64_t> parse_go_integer(std::string_view text);
// Units ns, us, ms, s, m, h; "1h2.5m", "+5s"; parts of a microsecond count as a whole one. Nothing below 0, and no bare
// number.
std::optional<Micros> parse_go_duration(std::string_view text);

}  // namespace nines::config
