#pragma once

// IP addresses and sockets.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/socket.h>

namespace nines::probes {

struct IpAddress {
  int family = 4;                        // 4 or 6
  std::array<std::uint8_t, 16> bytes{};  // network order; the first 4 for IPv4
  std::uint32_t scope = 0;               // IPv6 zone, an interface's index

  // "192.0.2.7", "2001:db8::1" (also in brackets, with %zone); nothing else, no 127.1.
  static std::optional<IpAddress> parse(std::string_view text);
  static std::optional<IpAddress> from_sockaddr(const sockaddr* address);

  std::string text() const;               // "2001:db8::1", "fe80::1%eth0"
  std::string with_port(int port) const;  // "[2001:db8::1]:443"
  socklen_t to_sockaddr(sockaddr_storage& out, int port) const;

  bool operator==(const IpAddress&) const = default;
};

// Owns a socket; closes it.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~Socket() { reset(); }

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

}  // namespace nines::probes
