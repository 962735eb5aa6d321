#include "probes/dns/message.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "probes/dns/names.hpp"
#include "probes/dns/reader.hpp"
#include "probes/dns/records.hpp"

namespace nines::probes {

namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxName = 255;

void put_u16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

// The byte that an escape stands for; `at` is behind the backslash and moves to the escape's last character.
std::optional<char> unescape(std::string_view name, std::size_t& at) {
  if (at >= name.size()) return std::nullopt;
  if (!digit(name[at])) return name[at];
  if (at + 2 >= name.size() || !digit(name[at + 1]) || !digit(name[at + 2])) return std::nullopt;
  const int value = ((name[at] - '0') * 100) + ((name[at + 1] - '0') * 10) + (name[at + 2] - '0');
  if (value > 255) return std::nullopt;
  at += 2;
  return static_cast<char>(value);
}

// A name as messages carry it; nothing: none can.
std::optional<std::string> wire_name(std::string_view name) {
  std::string out;
  std::string label;
  const auto end_label = [&] {
    if (label.empty() || label.size() > kMaxLabel) return false;
    out += static_cast<char>(label.size());
    out += label;
    label.clear();
    return true;
  };
  if (name == ".") name = {};
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '.') {
      if (!end_label()) return std::nullopt;
      continue;
    }
    if (name[i] != '\\') {
      label += name[i];
      continue;
    }
    const auto byte = unescape(name, ++i);
    if (!byte) return std::nullopt;
    label += *byte;
  }
  if (!label.empty() && !end_label()) return std::nullopt;
  out += '\0';
  if (out.size() > kMaxName) return std::nullopt;
  return out;
}

// RFC 6891, 6.1.2 and 6.1.3: class and TTL of an OPT record are no class and no TTL.
std::string opt_text(std::uint16_t klass, std::uint32_t ttl) {
  return fmt::format("\n;; OPT PSEUDOSECTION:\n; EDNS: version {}; flags:{}; udp: {}", (ttl >> 16) & 0xffU,
                     (ttl & 0x8000U) != 0 ? " do" : "", klass);
}

struct Read {
  DnsReader reader;
  DnsMessage message;
  std::string wrong;

  void record(std::vector<DnsRecord>& section) {
    const std::string name = reader.name();
    const std::uint16_t type = reader.u16();
    const std::uint16_t klass = reader.u16();
    const std::uint32_t ttl = reader.u32();
    DnsReader data = reader.part(reader.u16());
    if (reader.failed()) {
      wrong = "it ends within a record, or the record's name is none";
      return;
    }
    DnsRecord out{.type = type};
    if (type == static_cast<std::uint16_t>(RecordType::opt)) {
      out.text = opt_text(klass, ttl);
      message.rcode |= static_cast<int>(ttl >> 24) << 4;
      section.push_back(std::move(out));
      return;
    }
    if (type == static_cast<std::uint16_t>(RecordType::soa)) out.serial = serial_of(data);
    const std::string text = record_data(type, data);
    if (data.failed()) {
      wrong = fmt::format("the data of an {} record is not what its type has", record_type_name(type));
      return;
    }
    const std::string type_name = record_type_name(type);
    const std::string class_name =
        type_name.starts_with("TYPE") ? fmt::format("CLASS{}", klass) : record_class_name(klass);
    out.text = fmt::format("{}\t{}\t{}\t{}\t{}", name, ttl, class_name, type_name, text);
    section.push_back(std::move(out));
  }

  static std::optional<std::uint32_t> serial_of(DnsReader data) {
    data.name();
    data.name();
    const std::uint32_t serial = data.u32();
    if (data.failed()) return std::nullopt;
    return serial;
  }

  void section(int count, std::vector<DnsRecord>& into) {
    for (int i = 0; i < count && reader.left() > 0 && wrong.empty(); ++i) record(into);
  }
};

}  // namespace

bool same_question(const DnsQuestion& a, const DnsQuestion& b) {
  return a.type == b.type && a.klass == b.klass &&
         std::ranges::equal(
             a.name, b.name, {}, [](unsigned char c) { return std::tolower(c); },
             [](unsigned char c) { return std::tolower(c); });
}

Expected<std::string> write_query(std::uint16_t id, const DnsQuestion& question, bool recursion_desired) {
  const auto name = wire_name(question.name);
  if (!name) {
    return fail(fmt::format("`{}` is not a domain name; expected labels of 1 to 63 bytes, 255 in all", question.name));
  }
  std::string out;
  put_u16(out, id);
  put_u16(out, recursion_desired ? 0x0100 : 0);
  put_u16(out, 1);
  out.append(6, '\0');
  out += *name;
  put_u16(out, question.type);
  put_u16(out, question.klass);
  return out;
}

std::optional<std::uint16_t> message_id(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  return DnsReader(bytes).u16();
}

Expected<DnsMessage> read_message(std::string_view bytes) {
  if (bytes.size() < kHeader) return fail("it is shorter than a header");
  Read read{.reader = DnsReader(bytes), .message = {}, .wrong = {}};
  DnsReader& reader = read.reader;
  DnsMessage& message = read.message;
  message.id = reader.u16();
  const std::uint16_t flags = reader.u16();
  message.answer = (flags & 0x8000U) != 0;
  message.truncated = (flags & 0x0200U) != 0;
  message.rcode = flags & 0xf;
  int counts[4];
  for (int& count : counts) count = reader.u16();
  for (int i = 0; i < counts[0] && reader.left() > 0; ++i) {
    DnsQuestion question{.name = reader.name()};
    question.type = reader.u16();
    question.klass = reader.u16();
    if (reader.failed()) return fail("its question is cut short, or asks for no name");
    if (!message.question) message.question = std::move(question);
  }
  read.section(counts[1], message.answers);
  read.section(counts[2], message.authorities);
  read.section(counts[3], message.additionals);
  if (!read.wrong.empty()) return fail(std::move(read.wrong));
  return std::move(read.message);
}

}  // namespace nines::probes
