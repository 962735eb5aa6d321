#pragma once

#include <memory>
#include <string>

#include "tests/harness/process.hpp"

namespace nines::harness {

/// A real Alertmanager (Debian's) on a free loopback port, which it keeps over stop(), kill() and start(), as it does
/// its data, in a temporary directory. Owned by the test; threads as Process.
class Alertmanager {
 public:
  /// `configuration` as its own file has it. Returns once it is ready; throws std::runtime_error when it does not
  /// start.
  explicit Alertmanager(const std::string& configuration = "route: {receiver: none}\nreceivers: [{name: none}]\n");

  std::string url(const std::string& path = {}) const;

  void start();
  /// SIGKILL. Its port refuses connections afterwards.
  void kill();

 private:
  TempDir directory_;
  int port_;
  std::string file_;
  std::unique_ptr<Process> process_;
};

}  // namespace nines::harness
