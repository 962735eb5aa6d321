#pragma once

// A socket that sends one echo request and is told what comes of it.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "config/modules.hpp"
#include "probes/async/address.hpp"
#include "probes/icmp/packet.hpp"

namespace nines::probes {

// What came on the socket.
struct EchoNews {
  enum class Kind { nothing, other, reply, error, failed };
  Kind kind = Kind::nothing;
  std::optional<int> hop_limit{};  // of a reply
  std::uint64_t age_ns = 0;        // of a reply: how long ago the kernel received it
  std::string words{};             // of an error: "192.0.2.254 answered: host unreachable"
  int error = 0;                   // of a failure: errno
};

// Owns the socket: an unprivileged datagram one where net.ipv4.ping_group_range allows it, else a raw one, connected to
// the address. Loop's thread; nothing blocks.
class EchoSocket {
 public:
  // Fails with errno's number: EACCES or EPERM when the system allows neither.
  static std::expected<EchoSocket, int> open(const IpAddress& address, const config::IcmpModule& module,
                                             const std::optional<IpAddress>& source);

  int fd() const { return socket_.fd(); }
  bool raw() const { return raw_; }
  // 0, or errno.
  int send(const Echo& echo) const;
  // One thing that came; `other` is none of ours.
  EchoNews receive(const Echo& echo) const;
  // The greatest packet that the way is known to take, in bytes with the IP header.
  std::optional<int> mtu() const;

 private:
  EchoSocket(Socket socket, bool raw, IpAddress peer) : socket_(std::move(socket)), raw_(raw), peer_(peer) {}
  EchoNews receive_error(const Echo& echo) const;
  EchoNews receive_reply(const Echo& echo) const;
  // 0, or errno.
  int set_options(const config::IcmpModule& module) const;

  Socket socket_;
  bool raw_;
  IpAddress peer_;  // that replies come from
};

}  // namespace nines::probes
