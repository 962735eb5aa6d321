#pragma once

// The data of a resource record as zone files write it. Pure; any thread.

#include <cstdint>
#include <string>

#include "probes/dns/reader.hpp"

namespace nines::probes {

// Of a record whose data is all that `data` holds. A type without a form of its own is written as RFC 3597, 5 says:
// "\# 4 c0000207". What does not fit its type makes `data` fail.
std::string record_data(std::uint16_t type, DnsReader& data);

}  // namespace nines::probes
