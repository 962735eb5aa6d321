#pragma once

// Names to addresses, without a thread and without blocking the loop.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/outcome.hpp"
#include "probes/async/address.hpp"
#include "probes/async/loop.hpp"
#include "probes/async/stop.hpp"
#include "probes/async/task.hpp"

namespace nines::probes {

struct Resolved {
  std::vector<IpAddress> addresses;     // best first (RFC 6724)
  Outcome outcome;                      // dns_* when there are none
  StopCause stopped = StopCause::none;  // the look-up was ended; nothing else is set then
};

// Which addresses to ask for.
enum class Family { any, ip4, ip6 };

// c-ares on the loop, one channel a look-up, and a snapshot of /etc/hosts. Both /etc/hosts and /etc/resolv.conf are
// looked at again, on another thread, by the first look-up after kRefresh; what they say then holds for later look-ups.
// One per loop, loop's thread only.
class Resolver {
 public:
  // `servers` as "127.0.0.1:5353,[::1]:53"; empty: /etc/resolv.conf. Reads both files.
  Resolver(Loop& loop, std::string servers);
  ~Resolver();  // close() was awaited and no look-up is under way
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `host`: a literal ("192.0.2.7", "[2001:db8::1]"), localhost, a name in /etc/hosts or one to ask for, in ASCII
  // (to_ascii). Literals of the other family are given as they are: the caller chooses.
  Task<Resolved> resolve(std::string host, Family family, Stop stop);

  // Waits for a refresh that is under way.
  Task<void> close();

  static constexpr std::chrono::seconds kRefresh{5};

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// An internationalised host name as DNS has it (IDNA 2008): "bücher.example" is "xn--bcher-kva.example". ASCII stays.
Expected<std::string> to_ascii(const std::string& host);

}  // namespace nines::probes
