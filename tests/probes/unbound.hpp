#pragma once

// A real DNS server for tests.

#include <memory>
#include <optional>
#include <string>

#include "tests/harness/process.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/probes/certificates.hpp"

namespace nines::probes::test {

// Unbound on 127.0.0.1 and ::1 with the zone example.test; what it does not know does not exist. With a certificate
// also DNS over TLS. Owned by the test.
class Unbound {
 public:
  // `data`: records of example.test, as local-data has them, each in a line.
  explicit Unbound(const std::string& data, const Certificate* certificate = nullptr);

  int port() const { return port_; }
  int tls_port() const { return tls_port_; }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  harness::TempDir directory_;
  int port_;
  int tls_port_;
  std::unique_ptr<harness::Process> process_;
};

}  // namespace nines::probes::test
