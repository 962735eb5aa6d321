#pragma once

// What /etc/hosts says.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "probes/async/address.hpp"

namespace nines::probes {

// Names in lower case; IPv6 addresses first, as RFC 6724 would have loopback addresses.
using Hosts = std::map<std::string, std::vector<IpAddress>, std::less<>>;

// Lines that are not an address and names are passed over.
Hosts parse_hosts(std::string_view text);

}  // namespace nines::probes
