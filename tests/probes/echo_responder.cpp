#include "tests/probes/echo_responder.hpp"

#include <cstdint>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/probes/namespace.hpp"

namespace nines::probes::test {

EchoResponder::EchoResponder(Script script) : script_(std::move(script)) {
  if (!set_net("ipv4/icmp_echo_ignore_all", "1")) throw std::runtime_error("icmp_echo_ignore_all cannot be set");
  fd_ = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
  if (fd_ < 0) throw std::runtime_error("no raw socket");
  thread_ = std::thread([this] { serve(); });
}

EchoResponder::~EchoResponder() {
  // A message of a type that nobody uses ends the thread.
  const std::string end = icmp_message(253, 0, std::string(4, '\0'), {});
  sockaddr_in self{};
  self.sin_family = AF_INET;
  self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sendto(fd_, end.data(), end.size(), 0, reinterpret_cast<sockaddr*>(&self), sizeof self);
  thread_.join();
  ::close(fd_);
  set_net("ipv4/icmp_echo_ignore_all", "0");
}

void EchoResponder::serve() {
  char buffer[65536];
  while (true) {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const auto got = recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 21) return;
    const auto type = static_cast<unsigned char>(buffer[20]);
    if (type == 253) return;
    if (type != 8) continue;
    for (const std::string& message : script_(std::string(buffer, static_cast<std::size_t>(got)))) {
      sendto(fd_, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }
}

std::string icmp_message(int type, int code, const std::string& rest, const std::string& payload) {
  std::string out = {static_cast<char>(type), static_cast<char>(code), '\0', '\0'};
  out += rest + payload;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    sum += static_cast<std::uint32_t>(static_cast<unsigned char>(out[i])) << (i % 2 == 0 ? 8 : 0);
  }
  while (sum >> 16 != 0) sum = (sum & 0xffffU) + (sum >> 16);
  out[2] = static_cast<char>((~sum >> 8) & 0xff);
  out[3] = static_cast<char>(~sum & 0xff);
  return out;
}

std::string echo_reply(const std::string& packet) {
  return icmp_message(0, 0, packet.substr(24, 4), packet.substr(28));
}

}  // namespace nines::probes::test
