#pragma once

// What comes in on one connection: status lines, headers, body, trailers, within limits. Fed by libcurl's callbacks;
// knows nothing of sockets.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "probes/http/decoder.hpp"
#include "probes/http/exchange.hpp"

namespace nines::probes {

// All header lines of one answer, 1xx blocks and trailers included. Below libcurl's own limits (100 KB a line, 300 KB).
inline constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

// Of the body of a redirect that will be followed: what is read before it is left, as Go's client does.
inline constexpr std::int64_t kMaxRedirectBody = 2 * 1024;

struct Reception {
  std::int64_t max_body_bytes = 0;  // 0: no limit
  std::int64_t max_kept_bytes = 0;  // the rest is counted only
  std::size_t max_header_bytes = kMaxHeaderBytes;
  std::unique_ptr<Decoder> decoder;  // null: the body is taken as it comes
  bool follows = false;              // the body of a redirect is nobody's

  // Why reading was ended by us.
  enum class End { none, headers_too_large, malformed, switching, body_too_large, not_decodable, redirect };
  End end = End::none;
  std::string fault;  // of malformed

  int status = 0;  // of the last status line; 0: none came
  std::string version;
  Headers headers;
  Headers trailers;
  std::string body;             // decoded, the first max_kept_bytes of it
  std::int64_t body_bytes = 0;  // decoded, at most max_body_bytes
  std::int64_t wire_bytes = 0;  // of the body, as it came
  std::int64_t content_length = -1;
  bool headers_complete = false;    // of the final answer, not of a 1xx
  bool leads_on = false;            // it is a redirect, and will be followed
  std::uint64_t first_byte_ns = 0;  // of the first status line
  std::size_t header_bytes = 0;

  // One line with its end of line. False: stop reading.
  bool header_line(std::string_view line);
  bool body_data(std::string_view data);
  // The body has ended: whether its encoding has, too.
  bool body_end();

 private:
  bool status_line(std::string_view line);
  bool field(std::string_view line);
  bool block_end();
  bool keep(std::string_view decoded);
  bool stop(End why) {
    end = why;
    return false;
  }
};

}  // namespace nines::probes
