#pragma once

// Answers IPv4 echo requests on loopback in the kernel's place, in a network namespace of the test's own.

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace nines::probes::test {

// While it lives, the kernel answers no echo requests itself.
class EchoResponder {
 public:
  // The ICMP messages to send back for a request: an IP packet, header included.
  using Script = std::function<std::vector<std::string>(const std::string& packet)>;

  explicit EchoResponder(Script script);
  ~EchoResponder();
  EchoResponder(const EchoResponder&) = delete;
  EchoResponder& operator=(const EchoResponder&) = delete;

 private:
  void serve();

  Script script_;
  int fd_ = -1;
  std::thread thread_;
};

// With a right checksum. `rest`: the four bytes after it.
std::string icmp_message(int type, int code, const std::string& rest, const std::string& payload);
// The right reply to a request.
std::string echo_reply(const std::string& packet);

}  // namespace nines::probes::test
