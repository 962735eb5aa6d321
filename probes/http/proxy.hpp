#pragma once

// Which proxy a request goes by, if any.

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace nines::probes {

struct ProxyAddress {
  enum class Kind { http, https, socks5 };
  Kind kind = Kind::http;
  std::string host;  // without brackets
  int port = 0;

  std::string text() const;  // "http://proxy.example.com:3128"
};

// "http://host:port", also https, socks5 and socks5h, which is the same here (HttpRequest::proxy_resolves says who
// looks names up); ports default to 80, 443 and 1080.
Expected<ProxyAddress> parse_proxy(const std::string& url);

// Whether `no_proxy` names this host (a name or a literal address, without brackets) and port. As Go's httpproxy: a
// comma-separated list of `*`, addresses, CIDRs, domains (which match their subdomains; `.domain` and `*.domain` match
// these alone), each but a CIDR with an optional port. A list that is not empty also exempts localhost and loopback
// addresses; an empty one exempts nothing.
bool bypasses_proxy(std::string_view no_proxy, std::string_view host, int port);

}  // namespace nines::probes
