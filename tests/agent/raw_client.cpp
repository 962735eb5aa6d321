#include "tests/agent/raw_client.hpp"

#include <charconv>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nines::agent::tests {
namespace {

constexpr int kPatienceMs = 60'000;

}  // namespace

RawClient::RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

RawClient::~RawClient() {
  ::close(socket_);
}

bool RawClient::send(std::string_view data) const {
  while (!data.empty()) {
    const ssize_t sent = ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawClient::more() {
  pollfd readable{socket_, POLLIN, 0};
  if (::poll(&readable, 1, kPatienceMs) != 1) FAIL("the server says nothing for a minute");
  char buffer[4096];
  const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  pending_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

std::string RawClient::read_until(std::string_view end) {
  while (!pending_.contains(end)) {
    if (!more()) return std::exchange(pending_, {});
  }
  const auto size = pending_.find(end) + end.size();
  std::string text = pending_.substr(0, size);
  pending_.erase(0, size);
  return text;
}

std::string RawClient::read_to_close() {
  while (more()) {
  }
  return std::exchange(pending_, {});
}

std::string RawClient::read_answer(bool head) {
  std::string answer = read_until("\r\n\r\n");
  constexpr std::string_view kName = "Content-Length: ";
  const auto at = answer.find(kName);
  std::size_t length = 0;
  if (at != std::string::npos && !head) {
    std::from_chars(answer.data() + at + kName.size(), answer.data() + answer.size(), length);
  }
  while (pending_.size() < length && more()) {
  }
  answer += pending_.substr(0, length);
  pending_.erase(0, length);
  return answer;
}

}  // namespace nines::agent::tests
