#pragma once

// What comes in on one connection: status lines, headers, body, trailers, within limits. Fed by libcurl's callbacks;
// knows nothing of sockets.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "probes/http/exchange.hpp"

namespace nines::probes {

// All header lines of one answer, 1xx blocks and trailers included. Below libcurl's own limits (100 KB a line, 300 KB).
inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

struct Reception {
  std::int64_t max_body_bytes = 0;

  // Why reading was ended by us.
  enum class End { none, headers_too_large, malformed, switching, body_too_large };
  End end = End::none;
  std::string fault;  // of malformed

  int status = 0;  // of the last status line; 0: none came
  std::string version;
  Headers headers;
  Headers trailers;
  std::string body;
  std::int64_t content_length = -1;
  bool headers_complete = false;    // of the final answer, not of a 1xx
  std::uint64_t first_byte_ns = 0;  // of the first status line
  std::size_t header_bytes = 0;

  // One line with its end of line. False: stop reading.
  bool header_line(std::string_view line);
  bool body_data(std::string_view data);

 private:
  bool status_line(std::string_view line);
  bool field(std::string_view line);
  bool block_end();
  bool stop(End why) {
    end = why;
    return false;
  }
};

}  // namespace nines::probes
