#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/harness/process.hpp"

namespace nines::harness {

/// The task service (tests/taskapp/README.md) on a port of its own, which it keeps over stop() and start(). Its tasks
/// and counters live as long as one start. Owned by the test; threads as Process.
class TaskApp {
 public:
  /// `options` go to the program, such as {"--visible-after", "50"}. Returns once it answers.
  explicit TaskApp(std::vector<std::string> options = {});

  /// http://127.0.0.1:PORT, followed by the path.
  std::string url(const std::string& path = {}) const;

  void start();
  /// Ends it with SIGTERM; throws std::runtime_error unless it ends well. Its port refuses connections afterwards.
  void stop();

  /// Sets the faults; throws std::runtime_error with the service's sentence when they make no sense.
  void faults(const std::string& json) const;
  void clear_faults() const;

  /// What it received, as JSON (GET /requests).
  std::string requests() const;
  /// How many requests it answered with this status; 0: those it hung up on. `path` is a template, such as
  /// /api/v1/tasks/{id}.
  long answered(const std::string& method, const std::string& path, int status) const;
  /// A token for /api/v1/tasks.
  std::string token() const;
  /// How many tasks there are, those not visible yet included.
  std::size_t tasks() const;

 private:
  int port_;
  std::vector<std::string> options_;
  std::unique_ptr<Process> process_;
};

}  // namespace nines::harness
