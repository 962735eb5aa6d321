#pragma once

// What a check or a journey is pointed at.

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace nines::config {

struct Target {
  std::string url;        // with its scheme
  std::string host;       // an IPv6 address without brackets
  int port = 0;           // the scheme's when not given
  std::string host_port;  // "127.0.0.1:8080", "[::1]:80"
};

// "https://host/path", or "host/path", which means http:// as in blackbox_exporter. Refused: other schemes, user names
// and passwords, blanks and control characters, no host, a port that is none.
Expected<Target> parse_target(std::string_view text);

struct HostPort {
  std::string host;  // an IPv6 address without brackets, may be empty
  int port = 0;
};

// "127.0.0.1:9999", "[::1]:9999", ":9999". The port may be 0.
Expected<HostPort> parse_host_port(std::string_view text);

}  // namespace nines::config
