#include "probes/async/line_reader.hpp"

#include <array>

namespace nines::probes {

using End = Transferred::End;

Task<Transferred> LineReader::fill(Stop stop) {
  std::array<char, 4096> chunk;
  Transferred got = co_await stream_.read(chunk, stop);
  if (got.end == End::done) buffer_.append(chunk.data(), got.bytes);
  co_return got;
}

// NOLINTBEGIN(*-reference-coroutine-parameters): results that outlive the task

Task<Transferred> LineReader::line(std::string& line, std::size_t limit, Stop stop) {
  searched_ = 0;
  while (true) {
    const std::size_t end = buffer_.find('\n', searched_);
    const std::size_t size = end == std::string::npos ? buffer_.size() : end;
    if (size > limit) co_return Transferred{.end = End::failed, .error = kTooLong, .text = "a line too long"};
    if (end != std::string::npos) {
      line.assign(buffer_, 0, size);
      buffer_.erase(0, size + 1);
      break;
    }
    searched_ = buffer_.size();
    Transferred got = co_await fill(stop);
    if (got.end == End::done) continue;
    if (got.end != End::closed || buffer_.empty()) co_return got;
    line.swap(buffer_);
    buffer_.clear();
    break;
  }
  if (line.ends_with('\r')) line.pop_back();
  co_return Transferred{.bytes = line.size()};
}

Task<Transferred> LineReader::exactly(std::size_t size, std::string& bytes, Stop stop) {
  Transferred last;
  while (buffer_.size() < size && last.end == End::done) last = co_await fill(stop);
  bytes.assign(buffer_, 0, size);
  buffer_.erase(0, bytes.size());
  if (bytes.size() == size) co_return Transferred{.bytes = size};
  co_return last;
}

// NOLINTEND(*-reference-coroutine-parameters)

}  // namespace nines::probes
