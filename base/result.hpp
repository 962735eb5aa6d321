#pragma once

// What one scheduled run of a check or journey leaves behind: the row everything downstream is computed from.

#include <cstdint>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "base/time.hpp"

namespace nines {

// Who made a run. Only scheduled and imported results enter SLA figures.
enum class Origin : std::uint8_t { scheduled = 0, gate = 1, manual = 2 };
std::string_view origin_name(Origin origin);

// The figures of a run, without names: trivially copyable, so that millions of them are one flat array.
struct ResultRow {
  static constexpr Micros kNone{-1};

  Time start{};             // of the first attempt
  Micros duration{0};       // of the last attempt
  Micros measured = kNone;  // a journey's measured time; kNone for checks and for runs without one
  Micros interval{0};       // what the schedule said; 0: not known (imported without it)
  Phases phases;
  std::int16_t status = 0;             // last HTTP status, 0: none
  Reason reason = Reason::none;        // of the last attempt; none: success
  Reason first_reason = Reason::none;  // of the first attempt: strict uptime
  std::uint8_t attempts = 1;
  Origin origin = Origin::scheduled;

  bool success() const { return reason == Reason::none; }
  bool operator==(const ResultRow&) const = default;
};

// One check or journey seen from one region.
struct SeriesKey {
  std::string check;
  std::string region;

  auto operator<=>(const SeriesKey&) const = default;
};

// One attempt that was followed by another: kept as evidence.
struct Attempt {
  Time start{};
  Micros duration{0};
  Outcome outcome;
};

// What a failure leaves for people to look at; already redacted and cut by whoever makes it.
struct Evidence {
  std::string message;      // Outcome::message
  std::string address;      // the address connected to, "192.0.2.7:443"
  std::string failed_step;  // journeys
  std::string headers;      // response headers as text
  std::string body;         // at most kMaxEvidenceBody bytes
  std::string trace_id;
  std::string correlation_id;
  std::vector<Attempt> attempts;  // earlier attempts of the run

  bool empty() const;
};
inline constexpr std::size_t kMaxEvidenceBody = 4096;

struct Result {
  SeriesKey key;
  ResultRow row;
  Evidence evidence;  // empty for a plain success
};

}  // namespace nines
