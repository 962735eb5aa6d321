#pragma once

// A UDP server for tests, on its own thread.

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace nines::probes::test {

class DatagramServer {
 public:
  // What to send back for a datagram, in order.
  using Script = std::function<std::vector<std::string>(const std::string& received)>;

  // On 127.0.0.1, or on `address`, at a free port.
  explicit DatagramServer(Script script, const std::string& address = "127.0.0.1");
  ~DatagramServer();
  DatagramServer(const DatagramServer&) = delete;
  DatagramServer& operator=(const DatagramServer&) = delete;

  int port() const { return port_; }

 private:
  void serve();

  Script script_;
  int fd_ = -1;
  int port_ = 0;
  std::thread thread_;
};

// A DNS answer to `query` with its question: header flags, then `count` records (as bytes) in the answer section.
std::string dns_reply(const std::string& query, unsigned flags = 0x8180, unsigned count = 0,
                      const std::string& records = {});
// A record of the question's name: class IN, TTL 3600.
std::string dns_record(unsigned type, const std::string& data);

}  // namespace nines::probes::test
