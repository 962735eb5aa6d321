#include "tests/probes/datagram_server.hpp"

#include <stdexcept>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "probes/async/address.hpp"

namespace nines::probes::test {

namespace {

std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

}  // namespace

DatagramServer::DatagramServer(Script script, const std::string& address) : script_(std::move(script)) {
  sockaddr_storage where{};
  socklen_t size = IpAddress::parse(address).value().to_sockaddr(where, 0);
  fd_ = ::socket(where.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind(fd_, reinterpret_cast<sockaddr*>(&where), size) != 0) throw std::runtime_error("cannot bind " + address);
  size = sizeof where;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&where), &size);
  // The port stands at the same place in both families.
  const auto* bytes = reinterpret_cast<const unsigned char*>(&where);
  port_ = (bytes[2] << 8) | bytes[3];
  thread_ = std::thread([this] { serve(); });
}

DatagramServer::~DatagramServer() {
  // An empty datagram to itself ends the thread.
  sockaddr_storage self{};
  socklen_t size = sizeof self;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&self), &size);
  sendto(fd_, "", 0, 0, reinterpret_cast<sockaddr*>(&self), size);
  thread_.join();
  ::close(fd_);
}

void DatagramServer::serve() {
  char buffer[2048];
  while (true) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    const auto got = recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= 0) return;
    for (const std::string& answer : script_(std::string(buffer, static_cast<std::size_t>(got)))) {
      sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }
}

std::string dns_reply(const std::string& query, unsigned flags, unsigned count, const std::string& records) {
  return query.substr(0, 2) + u16(flags) + u16(1) + u16(count) + u16(0) + u16(0) + query.substr(12) + records;
}

std::string dns_record(unsigned type, const std::string& data) {
  return "\xc0\x0c" + u16(type) + u16(1) + u16(0) + u16(3600) + u16(static_cast<unsigned>(data.size())) + data;
}

}  // namespace nines::probes::test
