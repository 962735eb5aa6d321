#pragma once

// The bytes between Jq and its helper process.
//
//   frame   = length: u32, little endian, of the payload; payload
//   payload = kind: one byte; fields: each a u32 length and that many bytes
//
//   to the helper    'R' program, input, then name and value of each variable   run; values are JSON text
//                    'C' program, then the variables' names                     compile only
//   from the helper  'H'                                                        ready for requests; once, first
//                    'V' the values as one JSON array                           answer to 'R'
//                    'O'                                                        answer to 'C': it compiles
//                    'E' one sentence                                           answer: the program's or input's fault
//
// One answer to each request, in order. A frame that breaks this ends the connection on either side.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nines::probes::jq {

inline constexpr std::size_t kMaxPayload = 32'000'000;
inline constexpr std::size_t kMaxFields = 1'000;
inline constexpr std::size_t kFrameHead = 4;

struct Message {
  char kind = 0;
  std::vector<std::string> fields;

  bool operator==(const Message&) const = default;
};

// A whole frame.
std::string encode(const Message& message);
// The payload's length from a frame's first kFrameHead bytes; nullopt when over kMaxPayload or 0.
std::optional<std::size_t> payload_length(std::string_view head);
// nullopt when lengths do not add up or there are more than kMaxFields.
std::optional<Message> decode(std::string_view payload);

}  // namespace nines::probes::jq
