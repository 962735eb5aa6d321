#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace nines::agent::tests {

// A TCP connection to a port of 127.0.0.1 that says exactly what a test tells it to. Waits are bounded.
class RawClient {
 public:
  explicit RawClient(int port);
  ~RawClient();
  RawClient(const RawClient&) = delete;

  // False once the other side is gone.
  bool send(std::string_view data) const;
  // Up to and including `end`, or all there is when the other side closes.
  std::string read_until(std::string_view end);
  std::string read_to_close();
  // One answer with its body, of Content-Length; `head` of a HEAD request has none.
  std::string read_answer(bool head = false);

 private:
  bool more();

  int socket_;
  std::string pending_;
};

}  // namespace nines::agent::tests
