#pragma once

// The helper process as its parent sees it.

#include <chrono>
#include <expected>
#include <memory>
#include <string>

#include <sys/types.h>

#include "probes/jq/message.hpp"

namespace nines::probes::jq {

// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  int get() const { return fd_; }

 private:
  int fd_;
};

// One running helper: this same executable, with no environment, no descriptor but its end of a socket pair and its
// own process group, so that a terminal's Ctrl-C does not reach it. Killed and reaped by the destructor. All calls
// block; for the thread that started it (the kernel ends the helper with that thread).
class Process {
 public:
  enum class Lost { timed_out, died, woken };

  // Waits for the helper's first message. `wake_fd`: anything readable there ends every wait with `woken`.
  static std::expected<std::unique_ptr<Process>, std::string> start(int wake_fd);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Sends and waits for the one answer. After any Lost the process is of no more use.
  std::expected<Message, Lost> ask(const Message& request, std::chrono::milliseconds timeout);
  // False once the helper has ended, or said something unasked.
  bool idle() const;
  pid_t pid() const { return pid_; }

 private:
  using Deadline = std::chrono::steady_clock::time_point;

  Process(pid_t pid, Descriptor socket, int wake_fd);
  std::expected<Message, Lost> receive(Deadline deadline);
  std::expected<void, Lost> send(std::string_view bytes, Deadline deadline);
  std::expected<std::string, Lost> read(std::size_t size, Deadline deadline);
  std::expected<void, Lost> wait(short events, Deadline deadline) const;

  pid_t pid_;
  Descriptor socket_;
  int wake_fd_;
};

}  // namespace nines::probes::jq
