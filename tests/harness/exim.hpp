#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/harness/process.hpp"

namespace nines::harness {

/// A real mail server (exim) on a free loopback port. It takes mail for anybody, but only after STARTTLS, and delivers
/// it into one mailbox file. Owned by the test; threads as Process.
class Exim {
 public:
  /// Returns once it listens; throws std::runtime_error with its log when it does not.
  Exim();

  std::string url() const;      ///< smtp://127.0.0.1:PORT
  std::string ca_file() const;  ///< its own certificate
  /// Everything delivered so far, and how many messages that is.
  std::string mailbox() const;
  std::size_t messages() const;

 private:
  std::vector<std::string> with_its_user(std::vector<std::string> command) const;

  TempDir directory_;
  int port_;
  std::unique_ptr<Process> process_;
};

}  // namespace nines::harness
