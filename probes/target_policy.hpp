#pragma once

// The guard on targets that come from outside (/probe), against server-side request forgery.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "probes/async/address.hpp"

namespace nines::probes {

// Immutable; any thread. A target passes when its name or every one of its addresses is allowed (an empty list allows
// all), and neither its name nor any address is denied. Always denied: link-local addresses (RFC 3927, RFC 4291) and
// the metadata services of cloud providers, by address and by name. An IPv4 address inside an IPv6 one (mapped, NAT64,
// 6to4) is judged as itself, and an address with a zone as one without.
class TargetPolicy {
 public:
  TargetPolicy(std::vector<config::AddressRule> allow, std::vector<config::AddressRule> deny);

  // Nothing: it passes. Else why not, in one sentence that names what was refused. `addresses` are those that would be
  // connected to; empty: a proxy resolves the name, and the name alone is judged.
  std::optional<std::string> refusal(std::string_view host, std::span<const IpAddress> addresses) const;
  // The same of a `unix` target.
  std::optional<std::string> refusal_of_path(std::string_view path) const;

  // What a redirect of a check's own target may never lead to: the built-in denials alone.
  static const TargetPolicy& built_in();

 private:
  std::vector<config::AddressRule> allow_;
  std::vector<config::AddressRule> deny_;
};

}  // namespace nines::probes
