#include "probes/dns/reader.hpp"

#include <iterator>

#include <fmt/format.h>

namespace nines::probes {

namespace {

constexpr std::size_t kMaxName = 255;  // RFC 1035, 2.3.4

void append_escaped(std::string& out, unsigned char byte, std::string_view special) {
  if (byte < ' ' || byte > '~') {
    fmt::format_to(std::back_inserter(out), "\\{:03}", byte);
    return;
  }
  if (special.find(static_cast<char>(byte)) != special.npos) out += '\\';
  out += static_cast<char>(byte);
}

}  // namespace

void append_label_byte(std::string& out, unsigned char byte) {
  append_escaped(out, byte, ". '@;()\"\\");
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) append_escaped(out, static_cast<unsigned char>(c), "\"\\");
  return out + '"';
}

std::string_view DnsReader::bytes(std::size_t count) {
  if (failed_ || count > left()) {
    failed_ = true;
    return {};
  }
  const std::string_view out = message_.substr(at_, count);
  at_ += count;
  return out;
}

std::uint8_t DnsReader::u8() {
  const std::string_view b = bytes(1);
  return b.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(b[0]);
}

std::uint16_t DnsReader::u16() {
  const unsigned high = u8();
  return static_cast<std::uint16_t>((high << 8) | u8());
}

std::uint32_t DnsReader::u32() {
  const std::uint32_t high = u16();
  return (high << 16) | u16();
}

DnsReader DnsReader::part(std::size_t count) {
  DnsReader out = *this;
  bytes(count);
  if (failed_) {
    out.failed_ = true;
  } else {
    out.end_ = at_;
  }
  return out;
}

std::string DnsReader::name() {
  std::string out;
  std::size_t wire = 1;  // the root's byte
  int jumps = 0;
  // The first pointer leaves this reader's part; from there on only the message's end counts.
  DnsReader from = *this;
  bool here = true;
  while (true) {
    const std::uint8_t length = from.u8();
    if (from.failed_) break;
    if ((length & 0xc0) == 0xc0) {
      const std::size_t target = (std::size_t{length & 0x3fU} << 8) | from.u8();
      if (from.failed_ || target >= message_.size() || ++jumps > kMaxJumps) break;
      if (here) at_ = from.at_;
      here = false;
      from.at_ = target;
      from.end_ = message_.size();
      continue;
    }
    if ((length & 0xc0) != 0) break;  // RFC 6891, 5: other kinds of labels are not used
    if (length == 0) {
      if (here) at_ = from.at_;
      return out.empty() ? "." : out;
    }
    wire += length + 1U;
    const std::string_view label = from.bytes(length);
    if (from.failed_ || wire > kMaxName) break;
    for (const char c : label) append_label_byte(out, static_cast<unsigned char>(c));
    out += '.';
  }
  failed_ = true;
  return {};
}

}  // namespace nines::probes
