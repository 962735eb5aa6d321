#pragma once

// Random identifiers and the stable hash behind every phase and loop assignment.

#include <cstdint>
#include <string>
#include <string_view>

namespace nines {

// Randomness as a parameter. The system's is the kernel's, buffered per thread.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};
Random& system_random();

// Version 4, RFC 4122: "f81d4fae-7dec-4d0a-a765-00a0c91e6bf6".
std::string make_uuid(Random& random = system_random());

// W3C Trace Context: 32 and 16 lower-case hex digits, never all zero.
std::string make_trace_id(Random& random = system_random());
std::string make_span_id(Random& random = system_random());
// "00-TRACE-SPAN-01"; 00 at the end when it is not sampled.
std::string make_traceparent(std::string_view trace_id, std::string_view span_id, bool sampled = true);

// FNV-1a, 64 bit, then mixed (splitmix64's finaliser): the same on every machine and version.
std::uint64_t stable_hash(std::string_view text);

}  // namespace nines
