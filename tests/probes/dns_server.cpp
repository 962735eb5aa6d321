#include "tests/probes/dns_server.hpp"

#include <cctype>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nines::probes::test {

namespace {

// The reply to a query of one question (RFC 1035, 4.1); its name is pointed at from each answer.
std::string reply(const std::string& query, std::size_t question_end, const DnsAnswer& answer, bool v6) {
  std::string out = query.substr(0, 2);
  out += '\x81';
  out += static_cast<char>(0x80 | answer.code);
  out += std::string("\0\1", 2);
  out += '\0';
  out += static_cast<char>(answer.addresses.size());
  out += std::string(4, '\0');
  out += query.substr(12, question_end - 12);
  for (const std::string& address : answer.addresses) {
    unsigned char bytes[16] = {};
    inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes);
    out += std::string("\xc0\x0c\0", 3);
    out += v6 ? '\x1c' : '\x01';
    out += std::string("\0\1\0\0\0\x3c\0", 7);
    out += v6 ? '\x10' : '\x04';
    out.append(reinterpret_cast<char*>(bytes), v6 ? 16 : 4);
  }
  return out;
}

}  // namespace

DnsServer::DnsServer(Script script) : script_(std::move(script)) {
  fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  bind(fd_, reinterpret_cast<sockaddr*>(&where), size);
  getsockname(fd_, reinterpret_cast<sockaddr*>(&where), &size);
  port_ = ntohs(where.sin_port);
  thread_ = std::thread([this] { serve(); });
}

DnsServer::~DnsServer() {
  // An empty datagram to itself ends the thread.
  sockaddr_in self{};
  self.sin_family = AF_INET;
  self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  self.sin_port = htons(static_cast<std::uint16_t>(port_));
  sendto(fd_, "", 0, 0, reinterpret_cast<sockaddr*>(&self), sizeof self);
  thread_.join();
  ::close(fd_);
}

std::string DnsServer::servers() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void DnsServer::serve() {
  char buffer[1024];
  while (true) {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const auto got = recvfrom(fd_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got <= 0) return;
    const std::string query(buffer, static_cast<std::size_t>(got));
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<unsigned char>(query[at]);
      if (!name.empty()) name += '.';
      for (const char c : query.substr(at + 1, length)) name += static_cast<char>(std::tolower(c));
      at += length + 1;
    }
    const std::size_t question_end = at + 5;
    if (question_end > query.size()) continue;
    const bool v6 = query[at + 2] == 0x1c;
    const auto answer = script_(name, v6);
    if (!answer) continue;
    const std::string out = reply(query, question_end, *answer, v6);
    sendto(fd_, out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
}

}  // namespace nines::probes::test
