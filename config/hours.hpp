#pragma once

// Weekly hours and time zones as people write them.

#include <string_view>

#include "base/error.hpp"
#include "config/config.hpp"

namespace nines::config {

// 'Mon-Fri 08:00-18:00', 'Sun 02:00-03:00, Wed 22:00-02:00', '08:00-24:00' (every day). Spans over midnight are split
// at it; the result is sorted, and spans that overlap or touch are joined.
Expected<WeeklyHours> parse_hours(std::string_view text);

// An IANA name: its syntax, and its file where this machine has /usr/share/zoneinfo. File I/O.
Expected<std::string> parse_time_zone(std::string_view text);

}  // namespace nines::config
