#pragma once

// TCP connections, with every address that was tried (RFC 8305, "happy eyeballs").

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "config/modules.hpp"
#include "probes/async/address.hpp"
#include "probes/async/loop.hpp"
#include "probes/async/stop.hpp"
#include "probes/async/task.hpp"

namespace nines::probes {

struct AddressTried {
  std::string address;  // "[2001:db8::1]:443"
  std::string error;    // empty: connected
};

struct Dialed {
  Socket socket;      // connected, non-blocking; empty on failure
  IpAddress address;  // of the connection
  std::vector<AddressTried> tried;
  Reason reason = Reason::none;         // why not: of the first address that failed through the target's
                                        // fault, else of the first
  StopCause stopped = StopCause::none;  // ended before an address answered
};

// The addresses to try and their order. ip4 and ip6 mean that family alone; the other is used only when the name has no
// address of the wanted one and `fallback` allows it, as blackbox_exporter does. automatic: both families in turn,
// beginning with the family of the best address.
std::vector<IpAddress> choose_addresses(const std::vector<IpAddress>& resolved, config::IpProtocol protocol,
                                        bool fallback);

// Tries the next address when one fails or has not answered for 250 ms; the first that connects wins and the rest are
// closed. `source`: the local address to connect from.
Task<Dialed> dial(Loop& loop, std::vector<IpAddress> addresses, int port, std::optional<IpAddress> source, Stop stop);

// "connection refused", and its reason.
std::string connect_error_text(int error);
Reason connect_error_reason(int error);

}  // namespace nines::probes
