#pragma once

#include <chrono>
#include <string>

namespace nines::e2e {

/// A TCP connection to HOST:PORT of 127.0.0.1 that says no more than it is told to. Closed with its object. Throws
/// std::runtime_error when it cannot connect.
class Socket {
 public:
  explicit Socket(const std::string& address);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void send(const std::string& text) const;
  /// What comes until the other side closes, or the first bytes hold `until`; throws when neither happens in time.
  std::string receive(const std::string& until) const;

 private:
  int socket_;
};

}  // namespace nines::e2e
