#pragma once

// From a host name to a connection: look-up, choice of addresses, the guard on targets, and dialing. Every prober that
// opens a connection does it here.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "config/modules.hpp"
#include "probes/async/dialer.hpp"
#include "probes/engine.hpp"
#include "probes/probe_log.hpp"

namespace nines::probes {

class TargetPolicy;
struct ProbeRequest;
struct ProbeResult;

// How a module and a request want a host to be reached.
struct Route {
  config::Dial dial;
  config::Addresses addresses = config::Addresses::any;
  std::string resolver;  // empty: the system's
  std::optional<IpAddress> pinned;
  const TargetPolicy* policy = nullptr;        // outlives the task
  ProbeLog* log = nullptr;                     // the same
  std::string_view expected = "a connection";  // of the target, for sentences: lives for ever
};
Route route_of(const ProbeRequest& request, const config::Dial& dial);

// "host:port", "[v6]:port", "host" or "v6" alone, apart; a port that is none gives nothing.
struct HostPort {
  std::string host;  // without brackets
  std::optional<int> port;
};
std::optional<HostPort> split_host_port(std::string_view text);

struct Located {
  std::vector<IpAddress> addresses;  // to be tried, in order; empty: see `outcome`
  Micros resolve{0};                 // 0 for a literal
  Outcome outcome;
};
// Looks `host` up (unless it is a literal, or pinned; converted by IDNA when it is not ASCII), chooses by family and
// `addresses`, and lets the policy judge.
Task<Located> locate(Engine& engine, std::string host, Route route, std::uint64_t began_ns, Stop stop);

struct Connected {
  Socket socket;         // non-blocking; empty: see `outcome`
  IpAddress address;     // of the connection; of one that failed, the first that was chosen
  bool located = false;  // whether there is an address at all
  std::vector<AddressTried> tried;
  Micros resolve{0};
  Micros connect{0};
  std::uint64_t ready_ns = 0;  // when it was connected, as Loop::now_ns()
  Outcome outcome;
};
// locate() and dial(): a TCP connection. `began_ns`: when the probe began, for sentences that name the time-out.
Task<Connected> connect_tcp(Engine& engine, std::string host, int port, Route route, std::uint64_t began_ns, Stop stop);

// Says in a result where it went: family and hash of the address, and the address itself when it was connected to.
void take_address(ProbeResult& result, const IpAddress& address);
void take_connection(ProbeResult& result, const Connected& connected, int port);

// The local address that a module asks for.
std::optional<IpAddress> source_of(const config::Dial& dial);

// "db.example.com:80", "[2001:db8::1]:80".
std::string host_and_port(const std::string& host, int port);

// The outcome of something that failed with `reason` and `sentence`, or was ended by a shutdown.
Outcome stop_outcome(StopCause cause, Reason reason, std::string sentence);

// The time a probe was given: "5s". For sentences.
std::string budget_text(Stop stop, std::uint64_t began_ns);

// FNV-1a, 32 bit, over the address's 4 or 16 bytes, as blackbox_exporter's probe_ip_addr_hash: 127.0.0.1 is 3668918509.
std::uint32_t ip_hash(const IpAddress& address);

}  // namespace nines::probes
