#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "tests/harness/scratch.hpp"

namespace nines::harness {

struct ProcessOptions {
  std::map<std::string, std::string> environment;  ///< added to this process's own
  bool clean_environment = false;                  ///< true: nothing but `environment`
  std::filesystem::path directory;                 ///< working directory; empty: this process's
  int death_signal = SIGTERM;                      ///< sent when this process, or the thread that started it, ends
};

/// A program started by a test. It is ended with its object, and with the test program however that ends. Owned by the
/// test; used on one thread, the one that made it, which must live as long (the kernel ties the program to that
/// thread).
///
///     Process agent({nines_binary(), "agent", "-c", file});
///     agent.wait_for_output("listening on");
///     agent.signal(SIGTERM);
///     REQUIRE(agent.wait() == 0);
class Process {
 public:
  /// Throws std::system_error when the program cannot be started.
  explicit Process(const std::vector<std::string>& arguments, const ProcessOptions& options = {});
  /// SIGTERM, and SIGKILL five seconds later. Only this process.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  /// Does nothing once the program has ended.
  void signal(int number);
  /// The exit status, or 128 + the signal that ended it; nothing when it is still running after the time.
  std::optional<int> wait(std::chrono::milliseconds timeout = std::chrono::seconds(30));

  /// What it has written so far to stdout and to stderr.
  std::string output() const;
  std::string errors() const;
  /// Waits until stdout (or stderr) holds the text; throws std::runtime_error with both streams when it does not, or
  /// when the program ends without.
  void wait_for_output(std::string_view text, std::chrono::milliseconds timeout = std::chrono::seconds(30));
  void wait_for_errors(std::string_view text, std::chrono::milliseconds timeout = std::chrono::seconds(30));

 private:
  void wait_for(std::string_view text, const std::filesystem::path& file, std::chrono::milliseconds timeout);

  TempDir streams_;
  std::string name_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

/// A program that ran to its end.
struct Finished {
  int status = 0;  ///< as Process::wait
  std::string output;
  std::string errors;
};

/// Runs a program to its end; throws std::runtime_error, and ends it, when that takes longer than the time.
Finished run(const std::vector<std::string>& arguments, const ProcessOptions& options = {},
             std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace nines::harness
