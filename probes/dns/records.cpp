#include "probes/dns/records.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "probes/async/address.hpp"
#include "probes/dns/names.hpp"

namespace nines::probes {

namespace {

// What a type's data is made of, a letter a field:
//   n  a domain name                       1 2 4  a number of so many bytes
//   a  an IPv4 address   6  an IPv6 one    y  a record type       d  a time (RFC 4034, 3.2)
//   w  a <character-string> as it is       t  the same in quotes  T  all that are left, in quotes
//   s  a salt            x  a hash (both RFC 5155, 3.3)           B  the types of a bitmap (RFC 4034, 4.1.2)
//   and, of all that is left: h hexadecimal, H the same in capitals, b base64, q quoted, p parameters (RFC 9460, 2.2)
struct Form {
  RecordType type;
  std::string_view fields;
};
constexpr Form kForms[] = {
    {RecordType::a, "a"},          {RecordType::aaaa, "6"},          {RecordType::ns, "n"},
    {RecordType::cname, "n"},      {RecordType::ptr, "n"},           {RecordType::dname, "n"},
    {RecordType::soa, "nn44444"},  {RecordType::mx, "2n"},           {RecordType::txt, "T"},
    {RecordType::spf, "T"},        {RecordType::hinfo, "tt"},        {RecordType::rp, "nn"},
    {RecordType::afsdb, "2n"},     {RecordType::kx, "2n"},           {RecordType::srv, "222n"},
    {RecordType::naptr, "22tttn"}, {RecordType::ds, "211H"},         {RecordType::cds, "211H"},
    {RecordType::sshfp, "11H"},    {RecordType::dnskey, "211b"},     {RecordType::cdnskey, "211b"},
    {RecordType::openpgpkey, "b"}, {RecordType::rrsig, "y114dd2nb"}, {RecordType::nsec, "nB"},
    {RecordType::nsec3, "112sxB"}, {RecordType::nsec3param, "112s"}, {RecordType::tlsa, "111h"},
    {RecordType::smimea, "111h"},  {RecordType::uri, "22q"},         {RecordType::caa, "1wq"},
    {RecordType::svcb, "2np"},     {RecordType::https, "2np"},
};

std::string hex(std::string_view bytes, bool capitals = false) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (capitals) {
      fmt::format_to(std::back_inserter(out), "{:02X}", byte);
    } else {
      fmt::format_to(std::back_inserter(out), "{:02x}", byte);
    }
  }
  return out;
}

std::string address_text(DnsReader& data, int family) {
  IpAddress address;
  address.family = family;
  const std::string_view bytes = data.bytes(family == 4 ? 4 : 16);
  if (data.failed()) return {};
  std::memcpy(address.bytes.data(), bytes.data(), bytes.size());
  // RFC 5952, 5: only of mapped addresses the IPv4 part is written as one.
  constexpr std::string_view kCompatible("\0\0\0\0\0\0\0\0\0\0\0\0", 12);
  if (family == 6 && bytes.starts_with(kCompatible) && bytes.substr(12, 2) != kCompatible.substr(0, 2)) {
    return fmt::format("::{:x}:{:x}", (address.bytes[12] << 8) | address.bytes[13],
                       (address.bytes[14] << 8) | address.bytes[15]);
  }
  return address.text();
}

// "20261001000000"
std::string signature_time(std::uint32_t seconds) {
  std::string out;
  for (const char c : format_time(Time(std::chrono::seconds(seconds)), 0)) {
    if (c >= '0' && c <= '9') out += c;
  }
  return out;
}

// RFC 4648, 7, without padding.
std::string base32_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
  std::string out;
  unsigned held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = ((held << 8) | static_cast<unsigned char>(c)) & 0xfffU;
    for (bits += 8; bits >= 5; bits -= 5) out += kDigits[(held >> (bits - 5)) & 31U];
  }
  if (bits > 0) out += kDigits[(held << (5 - bits)) & 31U];
  return out;
}

std::string bitmap_types(DnsReader& data) {
  std::vector<std::string> types;
  while (data.left() > 0 && !data.failed()) {
    const unsigned window = data.u8();
    const std::size_t size = data.u8();
    if (size == 0 || size > 32) data.fail();
    const std::string_view bits = data.bytes(size);
    for (std::size_t i = 0; i < bits.size() * 8; ++i) {
      if (((static_cast<unsigned char>(bits[i / 8]) << (i % 8)) & 0x80) == 0) continue;
      types.push_back(record_type_name(static_cast<std::uint16_t>((window << 8) | i)));
    }
  }
  return fmt::format("{}", fmt::join(types, " "));
}

std::string quoted_texts(DnsReader& data) {
  std::vector<std::string> texts;
  while (data.left() > 0 && !data.failed()) texts.push_back(quoted(data.text()));
  return fmt::format("{}", fmt::join(texts, " "));
}

// RFC 9460, 14.3.2; RFC 9461, 5.
std::string parameter_name(std::uint16_t key) {
  constexpr std::string_view kNames[] = {"mandatory", "alpn", "no-default-alpn", "port",
                                         "ipv4hint",  "ech",  "ipv6hint",        "dohpath"};
  return key < std::size(kNames) ? std::string(kNames[key]) : fmt::format("key{}", key);
}

std::string parameter_value(std::uint16_t key, DnsReader& value) {
  std::vector<std::string> parts;
  const auto each = [&](auto read) {
    while (value.left() > 0 && !value.failed()) parts.push_back(read());
    return fmt::format("{}", fmt::join(parts, ","));
  };
  switch (key) {
    case 0:
      return each([&] { return parameter_name(value.u16()); });
    case 1:
      return each([&] { return printable(value.text()); });
    case 3:
      return std::to_string(value.u16());
    case 4:
      return each([&] { return address_text(value, 4); });
    case 5:
      return base64_encode(value.rest());
    case 6:
      return each([&] { return address_text(value, 6); });
    default: {
      const std::string text = quoted(value.rest());
      return text.substr(1, text.size() - 2);
    }
  }
}

std::string parameters(DnsReader& data) {
  std::vector<std::string> out;
  while (data.left() > 0 && !data.failed()) {
    const std::uint16_t key = data.u16();
    DnsReader value = data.part(data.u16());
    out.push_back(fmt::format("{}=\"{}\"", parameter_name(key), parameter_value(key, value)));
    if (value.failed() || value.left() > 0) data.fail();
  }
  return fmt::format("{}", fmt::join(out, " "));
}

std::string field(char letter, DnsReader& data) {
  switch (letter) {
    case 'n':
      return data.name();
    case '1':
      return std::to_string(data.u8());
    case '2':
      return std::to_string(data.u16());
    case '4':
      return std::to_string(data.u32());
    case 'a':
      return address_text(data, 4);
    case '6':
      return address_text(data, 6);
    case 'y':
      return record_type_name(data.u16());
    case 'd':
      return signature_time(data.u32());
    case 'w':
      return printable(data.text());
    case 't':
      return quoted(data.text());
    case 'T':
      return quoted_texts(data);
    case 's': {
      const std::string_view salt = data.text();
      return salt.empty() ? "-" : hex(salt, true);
    }
    case 'x':
      return base32_hex(data.text());
    case 'B':
      return bitmap_types(data);
    case 'h':
      return hex(data.rest());
    case 'H':
      return hex(data.rest(), true);
    case 'b':
      return base64_encode(data.rest());
    case 'q':
      return quoted(data.rest());
    case 'p':
      return parameters(data);
    default:
      std::unreachable();
  }
}

}  // namespace

std::string record_data(std::uint16_t type, DnsReader& data) {
  const auto* form = std::ranges::find(kForms, static_cast<RecordType>(type), &Form::type);
  if (form == std::end(kForms)) {
    const std::string_view bytes = data.rest();
    return fmt::format("\\# {} {}", bytes.size(), hex(bytes));
  }
  // RFC 2136 uses records without data.
  if (data.left() == 0) return {};
  std::string out;
  for (const char letter : form->fields) {
    const std::string text = field(letter, data);
    if (!out.empty() && !text.empty()) out += ' ';
    out += text;
  }
  if (data.left() > 0) data.fail();
  return out;
}

}  // namespace nines::probes
