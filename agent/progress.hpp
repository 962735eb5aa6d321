#pragma once

// How far long work has come, on standard error where that is a terminal. One thread.

#include <chrono>
#include <cstddef>
#include <string>

namespace nines::agent {

class Progress {
 public:
  // `what` is ours or printable.
  explicit Progress(std::string what);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;

  // Nothing is shown in the first half second.
  void show(std::size_t done, std::size_t of);
  void clear();

 private:
  std::string what_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace nines::agent
