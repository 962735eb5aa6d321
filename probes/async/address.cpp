#include "probes/async/address.hpp"

#include <cstring>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

namespace nines::probes {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress address;
  std::string plain(text);
  if (plain.size() > 2 && plain.front() == '[' && plain.back() == ']') plain = plain.substr(1, plain.size() - 2);
  if (plain.find(':') == std::string::npos) {
    if (plain.size() != text.size() || inet_pton(AF_INET, plain.c_str(), address.bytes.data()) != 1) return {};
    return address;
  }
  address.family = 6;
  if (const auto percent = plain.find('%'); percent != std::string::npos) {
    address.scope = if_nametoindex(plain.c_str() + percent + 1);
    if (address.scope == 0) return {};
    plain.resize(percent);
  }
  if (inet_pton(AF_INET6, plain.c_str(), address.bytes.data()) != 1) return {};
  return address;
}

std::optional<IpAddress> IpAddress::from_sockaddr(const sockaddr* address) {
  IpAddress out;
  if (address->sa_family == AF_INET) {
    std::memcpy(out.bytes.data(), &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
    return out;
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    out.family = 6;
    std::memcpy(out.bytes.data(), &v6->sin6_addr, 16);
    out.scope = v6->sin6_scope_id;
    return out;
  }
  return {};
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  inet_ntop(family == 4 ? AF_INET : AF_INET6, bytes.data(), buffer, sizeof buffer);
  if (scope == 0) return buffer;
  char zone[IF_NAMESIZE] = {};
  return std::string(buffer) + "%" + (if_indextoname(scope, zone) != nullptr ? zone : std::to_string(scope));
}

std::string IpAddress::with_port(int port) const {
  const std::string ip = text();
  return (family == 4 ? ip : "[" + ip + "]") + ":" + std::to_string(port);
}

socklen_t IpAddress::to_sockaddr(sockaddr_storage& out, int port) const {
  out = {};
  if (family == 4) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&v4.sin_addr, bytes.data(), 4);
    return sizeof v4;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(static_cast<std::uint16_t>(port));
  v6.sin6_scope_id = scope;
  std::memcpy(&v6.sin6_addr, bytes.data(), 16);
  return sizeof v6;
}

void Socket::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace nines::probes
