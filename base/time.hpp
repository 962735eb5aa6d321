#pragma once

// Times and durations as text. Times are integer microseconds since the epoch, UTC (leap seconds do not exist, as in
// POSIX); durations are integer microseconds. Calendars and time zones live in sla/.

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace nines {

using Micros = std::chrono::microseconds;
using Time = std::chrono::sys_time<Micros>;

// Half-open: [from, to).
struct Period {
  Time from;
  Time to;

  Micros length() const { return to - from; }
  bool contains(Time t) const { return from <= t && t < to; }
  bool operator==(const Period&) const = default;
};

// RFC 3339 with any offset and none to six fractional digits: "2026-10-01T02:00:00.25+02:00". Years 1970 to 9999.
// A leap second (:60) is refused.
Expected<Time> parse_time(std::string_view text);

// RFC 3339 in UTC with `digits` (0 to 6) fractional digits, cut, not rounded: "2026-10-01T00:00:00.250Z".
std::string format_time(Time time, int digits = 6);

// A duration as Prometheus and Go write it: "30s", "1m30s", "1h30m", "250ms", "1.5s", "400d", "2w", "1y" (365 d),
// "10us"; each unit once, the longest first. "0" alone is zero. Not negative; at most 100 years; finer than a
// microsecond is refused.
Expected<Micros> parse_duration(std::string_view text);

// In d, h, m and s ("400d", "1m30s", "1.5s"), under a second in ms or us ("250ms"), "0s"; parse_duration reads it back.
std::string format_duration(Micros duration);

// As people say a span: "12 min 40 s", "3 d 4 h", "850 ms", "0 s"; two units, rounded to the nearest.
std::string say_duration(Micros duration);

// As people read a latency: "0.83 ms", "12.3 ms", "850 ms", "1.20 s".
std::string say_latency(Micros duration);

double seconds(Micros duration);
double milliseconds(Micros duration);

}  // namespace nines
