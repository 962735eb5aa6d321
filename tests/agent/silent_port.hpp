#pragma once

namespace nines::agent::tests {

// A port of 127.0.0.1 on which connecting works and nothing is ever answered. The kernel accepts; nobody reads.
class SilentPort {
 public:
  SilentPort();
  ~SilentPort();
  SilentPort(const SilentPort&) = delete;

  int port() const { return port_; }
  // Whether somebody has connected by now.
  bool connected() const;

 private:
  int socket_;
  int port_ = 0;
};

}  // namespace nines::agent::tests
