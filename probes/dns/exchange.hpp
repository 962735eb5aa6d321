#pragma once

// One DNS query and the message that answers it.

#include <string>

#include "probes/async/stream.hpp"
#include "probes/dns/message.hpp"
#include "probes/net/connect.hpp"

namespace nines::probes {

// A query as it is sent.
struct DnsQuery {
  std::string bytes{};
  DnsQuestion question{};  // as `bytes` has it
  std::uint16_t id = 0;
  std::string server{};         // "192.0.2.1:53", for sentences
  std::uint64_t began_ns = 0;   // when the probe began: the same
  std::string subject() const;  // "query example.com. A of 192.0.2.1:53"
};

struct DnsExchange {
  Outcome outcome;  // ok: there is an answer
  int error = 0;    // errno of a server that could not be reached
  DnsMessage answer;
  Micros duration{0};  // from sending the query to the answer's last byte
};

// Over a connected datagram socket, which outlives the task. Datagrams with another id or another question are passed
// over, since anybody can send them: the wait then goes on to the deadline.
Task<DnsExchange> exchange_datagrams(Loop& loop, int fd, DnsQuery query, Stop stop);

// Over a stream, which outlives the task; each message stands behind its length (RFC 1035, 4.2.2; RFC 7858, 3.3).
Task<DnsExchange> exchange_stream(Stream& stream, DnsQuery query, Stop stop);

}  // namespace nines::probes
