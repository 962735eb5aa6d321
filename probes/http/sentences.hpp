#pragma once

// The words of failures.

#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "probes/async/dialer.hpp"
#include "probes/async/stop.hpp"

namespace nines::probes {

// "connect to db.example.com:80 (192.0.2.7): connection refused", or with several addresses
// "connect to db.example.com:80: [2001:db8::1]:80: no route to host, 192.0.2.7:80: connection refused".
std::string connect_sentence(const std::string& host, int port, const std::vector<AddressTried>& tried);

// The outcome of something that failed with `reason` and `sentence`, or was ended by a shutdown.
Outcome stop_outcome(StopCause cause, Reason reason, std::string sentence);

}  // namespace nines::probes
