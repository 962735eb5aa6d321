#pragma once

// Addresses as text, and the rules that allow and deny them.

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

// A literal IPv4 or IPv6 address without brackets, port and zone, as a rule of its whole length; nothing else.
std::optional<AddressRule::Cidr> parse_address(std::string_view text);

struct AddressParts {
  std::string host;         // an IPv6 address without brackets
  std::optional<int> port;  // 0 to 65535
};
// "host:port", "[v6]:port", "host", "v6" apart; nothing when the port is none or the brackets are wrong.
std::optional<AddressParts> split_address(std::string_view text);

// An address of this machine alone: 127.0.0.0/8, ::1, localhost.
bool is_loopback(const std::string& host);

// '10.0.0.0/8', '2001:db8::1', 'example.com', '*.example.com', '/run/*.sock'. A name is kept in lower case and without
// its final dot; bits of an address beyond the prefix are cleared.
Expected<AddressRule> parse_address_rule(std::string_view text);

// The mapping `probe_endpoint`, with its default: enabled when `listen` is on loopback.
void read_probe_endpoint(Context& context, Mapping& root, bool on_loopback, ProbeEndpoint& endpoint);

}  // namespace nines::config
