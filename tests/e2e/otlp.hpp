#pragma once

#include <string>
#include <vector>

#include "tests/e2e/support.hpp"
#include "tests/harness/process.hpp"

namespace nines::e2e {

/// tests/e2e/otlp_receiver.py, running: it takes traces, and tells of what the specification does not allow.
class OtlpReceiver {
 public:
  /// Its first `refused` requests are answered 503.
  explicit OtlpReceiver(int refused = 0);

  std::string url() const;
  /// All it has taken so far.
  std::vector<Json> spans() const;
  /// Why it took a request not, one a line.
  std::string invalid() const;
  /// All it has written.
  std::string text() const { return process_.output(); }

 private:
  harness::Process process_;
  std::string port_;
};

}  // namespace nines::e2e
