#pragma once

// The guard on targets that come from outside (/probe), against server-side request forgery.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/modules.hpp"
#include "probes/async/address.hpp"

namespace nines::probes {

// Immutable; any thread. A target passes when its name or every one of its addresses is allowed (an empty list allows
// all), and neither its name nor any address is denied. Always denied, whatever the lists say:
//  - link-local addresses: 169.254.0.0/16 (RFC 3927), fe80::/10 (RFC 4291);
//  - the metadata services of cloud providers, by address and by name;
//  - multicast and broadcast: what answers there answers from another address, so no probe of them could succeed.
// Judged as what connecting to it leads to: an address with a zone as one without; 0.0.0.0 and :: as loopback, since
// they connect to this machine; an IPv4 address inside an IPv6 one as itself (mapped and compatible, RFC 4291; NAT64,
// RFC 6052; 6to4, RFC 3056; Teredo, RFC 4380). In a local NAT64 prefix (64:ff9b:1::/48, RFC 8215) the IPv4 address may
// stand at four places: one that is denied at any of them is refused, and the allow list judges the IPv6 address.
// A rule that names the outer form (`deny: 64:ff9b::/96`) denies too. Names are compared without case and final dots.
class TargetPolicy {
 public:
  TargetPolicy(std::vector<config::AddressRule> allow, std::vector<config::AddressRule> deny);

  // Nothing: it passes. Else why not, in one sentence that names what was refused. `addresses` are those that would be
  // connected to; empty: a proxy resolves the name, and the name alone is judged.
  std::optional<std::string> refusal(std::string_view host, std::span<const IpAddress> addresses) const;
  // The same of a `unix` target, by rules that are paths, names of the abstract space (`@name`) or `*`. A path must
  // begin at the root, and have no part `.` or `..`; nothing in /proc passes. `real`: the same without symbolic links,
  // to be judged in its place, and what may be connected to once both have passed; empty: `path` is judged.
  std::optional<std::string> refusal_of_path(std::string_view path, std::string_view real = {}) const;

  // What a redirect of a check's own target may never lead to: the built-in denials alone.
  static const TargetPolicy& built_in();

 private:
  std::vector<config::AddressRule> allow_;
  std::vector<config::AddressRule> deny_;
};

}  // namespace nines::probes
