#pragma once

// Reads a stream by lines and by counted bytes, with what was read too much kept for the next call.

#include <cstddef>
#include <string>

#include "probes/async/stream.hpp"

namespace nines::probes {

// Lives beside its stream, which it does not own; loop's thread.
class LineReader {
 public:
  explicit LineReader(Stream& stream) : stream_(stream) {}

  // The next line into `line`, without its end (LF or CR LF). What stands before the connection's end is a line too;
  // `closed` comes after it. A line of more than `limit` bytes gives too_long().
  Task<Transferred> line(std::string& line, std::size_t limit, Stop stop);
  // Just `size` bytes; when the connection ends before, `closed` and what there was. `bytes` outlives the task.
  Task<Transferred> exactly(std::size_t size, std::string& bytes, Stop stop);

  // Forgets what was read too much: before TLS begins, nothing said in the clear may count.
  void discard() { buffer_.clear(); }

  static bool too_long(const Transferred& done) {
    return done.end == Transferred::End::failed && done.error == kTooLong;
  }

 private:
  static constexpr int kTooLong = -1;
  Task<Transferred> fill(Stop stop);

  Stream& stream_;
  std::string buffer_;
  std::size_t searched_ = 0;
};

}  // namespace nines::probes
