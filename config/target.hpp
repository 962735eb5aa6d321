#pragma once

// What a check or a journey is pointed at.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/config.hpp"

namespace nines::config {

struct Target {
  std::string text;       // as its prober takes it: a URL, host:port, a host, or a path
  std::string host;       // an IPv6 address without brackets; of a Unix socket, its path
  int port = 0;           // the scheme's when not given; 0: the prober has none
  std::string host_port;  // for names: "127.0.0.1:8080", "[::1]:80", "/run/x.sock"
  bool tls = false;       // the scheme asks for it: https, wss, grpcs, tls
  std::string question;   // dns://server/NAME?type=A: what follows the server (RFC 4501), else empty
};

// The prober that a target's scheme stands for; nothing without a scheme, or with one that is unknown.
std::optional<Prober> scheme_prober(std::string_view text);

// http: "https://host/path", or "host/path", which means http:// as in blackbox_exporter. websocket: ws:// and wss://.
// tcp: host:port, tcp:// and tls://. dns: host[:port] and dns://. icmp: a host and icmp://. grpc: host:port, grpc://,
// grpcs://, http:// and https://. unix: a path and unix://. Refused: other schemes, user names and passwords, blanks
// and control characters, no host, a port that is none. The host may be an address, IPv6 ones in brackets where a port
// can follow, or a name in any script.
Expected<Target> parse_target(std::string_view text, Prober prober = Prober::http);

// A module that asks the question of a dns:// target: "/example.com?type=AAAA;class=IN" (RFC 4501).
Expected<DnsModule> parse_question(std::string_view question);

struct HostPort {
  std::string host;  // an IPv6 address without brackets, may be empty
  int port = 0;
};

// "127.0.0.1:9999", "[::1]:9999", ":9999". The port may be 0.
Expected<HostPort> parse_host_port(std::string_view text);

}  // namespace nines::config
