#pragma once

#include <memory>
#include <string>

#include "tests/harness/process.hpp"

namespace nines::harness {

/// A real nginx on a free loopback port, in the foreground, as one process, with everything it writes in a temporary
/// directory. Owned by the test; threads as Process.
///
///     Nginx nginx("location / { return 204; }");
///     get(nginx.url("/"));
class Nginx {
 public:
  /// `server` is what goes into the server block beside its `listen`. Returns once it answers; throws
  /// std::runtime_error with its log when it does not start.
  explicit Nginx(const std::string& server);

  std::string url(const std::string& path = {}) const;

 private:
  TempDir directory_;
  int port_;
  std::unique_ptr<Process> process_;
};

}  // namespace nines::harness
