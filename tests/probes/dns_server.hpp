#pragma once

// A DNS server for tests, over UDP on its own thread.

#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace nines::probes::test {

struct DnsAnswer {
  int code = 0;                          // RCODE: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED
  std::vector<std::string> addresses{};  // of the family asked for; none: an empty answer
};

class DnsServer {
 public:
  // Called with the name in lower case and whether AAAA was asked for; nothing: stay silent.
  using Script = std::function<std::optional<DnsAnswer>(const std::string& name, bool v6)>;

  explicit DnsServer(Script script);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  std::string servers() const;  // for EngineOptions::dns_servers

 private:
  void serve();

  Script script_;
  int fd_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace nines::probes::test
