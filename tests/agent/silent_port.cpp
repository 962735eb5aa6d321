#include "tests/agent/silent_port.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nines::agent::tests {

SilentPort::SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket_, plain, size) == 0);
  REQUIRE(::listen(socket_, 1024) == 0);
  REQUIRE(::getsockname(socket_, plain, &size) == 0);
  port_ = ntohs(address.sin_port);
}

SilentPort::~SilentPort() {
  ::close(socket_);
}

bool SilentPort::connected() const {
  pollfd waiting{socket_, POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

}  // namespace nines::agent::tests
