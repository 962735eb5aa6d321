#include "agent/progress.hpp"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace nines::agent {

Progress::Progress(std::string what) : what_(std::move(what)), terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::show(std::size_t done, std::size_t of) {
  if (!terminal_ || std::chrono::steady_clock::now() - begin_ < std::chrono::milliseconds(500)) return;
  fmt::print(stderr, "\r\x1b[K{}: {} %", what_, of == 0 ? 100 : done * 100 / of);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace nines::agent
