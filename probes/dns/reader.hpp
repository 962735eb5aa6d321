#pragma once

// Reads the fields of a DNS message, byte by byte, whatever bytes these are.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nines::probes {

// Over a message that outlives it. What does not fit gives zero or nothing and sets failed(), for good: callers read on
// and ask once. Any thread.
class DnsReader {
 public:
  explicit DnsReader(std::string_view message) : message_(message), end_(message.size()) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::string_view bytes(std::size_t count);
  std::string_view rest() { return bytes(left()); }  // up to the end
  std::string_view text() { return bytes(u8()); }    // RFC 1035, 3.3: <character-string>

  // A domain name in presentation form with its final dot, "." for the root (RFC 1035, 4.1.4). Compression pointers
  // may lead anywhere in the message; a name that is longer than 255 bytes or jumps more than kMaxJumps times is none.
  std::string name();

  std::size_t left() const { return end_ - at_; }
  bool failed() const { return failed_; }
  void fail() { failed_ = true; }

  // A reader of the next `count` bytes alone, whose names may still point into the whole message. This one goes on
  // after them.
  DnsReader part(std::size_t count);

  static constexpr int kMaxJumps = 126;

 private:
  std::string_view message_;
  std::size_t at_ = 0;
  std::size_t end_;
  bool failed_ = false;
};

// RFC 1035, 5.1: what a label's byte is written as: `\.` and `\007` where it must be.
void append_label_byte(std::string& out, unsigned char byte);
// The same of a <character-string> in quotes.
std::string quoted(std::string_view text);

}  // namespace nines::probes
