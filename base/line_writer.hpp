#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace nines {

// Writes lines to a file descriptor from a thread of its own, so that whoever has something to say never waits for a
// pipe that nobody reads. Lines stay whole and in order; a line of up to PIPE_BUF bytes is one write(2). Any thread.
class LineWriter {
 public:
  static constexpr std::size_t kMostLines = 8192;
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20U;

  // The line, with its end, that tells how many lines before it were dropped. Called on the writer's thread.
  using Notice = std::string (*)(std::uint64_t dropped);

  // The descriptor is the caller's and stays open. Throws std::system_error when there is no thread to be had.
  LineWriter(int descriptor, Notice notice);
  ~LineWriter();  // end() without waiting for what is not written yet
  LineWriter(const LineWriter&) = delete;

  // `line` with its end. Dropped while more waits to be written than the above; then until half of that is written.
  // After end(): written at once if that needs no waiting, else dropped.
  void push(std::string line);

  // Waits until all is written: true; or the time is up: false.
  bool flush(std::chrono::milliseconds at_most);

  // Flushes and ends the thread; gives up a thread that is stuck in write(2). True when all was written. One thread at
  // a time; later calls do nothing.
  bool end(std::chrono::milliseconds at_most);

 private:
  struct Queue;

  std::shared_ptr<Queue> queue_;  // shared with the thread, which may be given up
  std::thread thread_;
};

}  // namespace nines
