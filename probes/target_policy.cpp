#include "probes/target_policy.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include "base/text.hpp"
#include "probes/async/resolver.hpp"

namespace nines::probes {

namespace {

using Cidr = config::AddressRule::Cidr;

struct BuiltIn {
  const char* address;
  int bits;
  const char* words;
};
// Link-local: RFC 3927, 2.1 and RFC 4291, 2.5.6. Multicast: RFC 5771, RFC 4291, 2.7. Metadata: Amazon, Google, Azure
// (also its wire server), Alibaba, Oracle.
constexpr BuiltIn kBuiltIn[] = {
    {"169.254.169.254", 32, "a metadata service"},    {"100.100.100.200", 32, "a metadata service"},
    {"192.0.0.192", 32, "a metadata service"},        {"168.63.129.16", 32, "a metadata service"},
    {"fd00:ec2::254", 128, "a metadata service"},     {"fd20:ce::254", 128, "a metadata service"},
    {"169.254.0.0", 16, "a link-local address"},      {"fe80::", 10, "a link-local address"},
    {"224.0.0.0", 4, "a multicast address"},          {"ff00::", 8, "a multicast address"},
    {"255.255.255.255", 32, "the broadcast address"},
};
constexpr std::string_view kMetadataNames[] = {
    "metadata.google.internal",   "metadata.goog", "metadata.azure.internal", "instance-data",
    "instance-data.ec2.internal",
};

IpAddress v4(const std::uint8_t* bytes) {
  IpAddress out;
  std::memcpy(out.bytes.data(), bytes, 4);
  return out;
}

bool covers(const Cidr& cidr, const IpAddress& address) {
  if (cidr.family != address.family) return false;
  const auto whole = static_cast<std::size_t>(cidr.bits / 8);
  if (std::memcmp(cidr.bytes.data(), address.bytes.data(), whole) != 0) return false;
  const int rest = cidr.bits % 8;
  return rest == 0 || ((cidr.bytes[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
}

Cidr cidr_of(const char* text, int bits) {
  const IpAddress address = *IpAddress::parse(text);
  return {.family = address.family, .bytes = address.bytes, .bits = bits};
}

bool within(const IpAddress& address, const char* prefix, int bits) {
  return covers(cidr_of(prefix, bits), address);
}

// Every address that connecting to `address` may end at: itself, then what it holds.
struct Forms {
  std::vector<IpAddress> all;
  std::size_t real = 0;  // the one that the allow list is asked about
};

// RFC 6052, 2.2 has four places for the IPv4 address in a prefix out of 64:ff9b:1::/48 (RFC 8215), and which one the
// network uses cannot be known.
void add_local_nat64(const IpAddress& address, Forms& forms) {
  const auto& b = address.bytes;
  for (const auto& at : {std::array{6, 7, 9, 10}, {7, 9, 10, 11}, {9, 10, 11, 12}, {12, 13, 14, 15}}) {
    std::uint8_t held[4];
    for (std::size_t i = 0; i < 4; ++i) held[i] = b[static_cast<std::size_t>(at[i])];
    forms.all.push_back(v4(held));
  }
}

Forms forms_of(IpAddress address) {
  address.scope = 0;
  Forms forms{.all = {address}};
  const auto& b = address.bytes;
  const auto holds = [&](IpAddress inner) {
    forms.all.push_back(inner);
    forms.real = forms.all.size() - 1;
  };
  if (address.family == 6) {
    const bool own = within(address, "::", 127);  // :: and ::1
    if (within(address, "::ffff:0:0", 96) || within(address, "64:ff9b::", 96) || (within(address, "::", 96) && !own)) {
      holds(v4(b.data() + 12));
    } else if (within(address, "64:ff9b:1::", 48)) {
      add_local_nat64(address, forms);
    } else if (within(address, "2002::", 16)) {
      holds(v4(b.data() + 2));
    } else if (within(address, "2001::", 32)) {  // Teredo, RFC 4380, 4: inverted
      std::uint8_t held[4];
      for (std::size_t i = 0; i < 4; ++i) held[i] = static_cast<std::uint8_t>(~b[12 + i]);
      holds(v4(held));
    }
  }
  if (forms.all[forms.real] == IpAddress{}) holds(*IpAddress::parse("127.0.0.1"));
  if (forms.all[forms.real] == *IpAddress::parse("::")) holds(*IpAddress::parse("::1"));
  return forms;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// As names are compared: in ASCII, lower case, without the root's dot.
std::string plain_name(std::string_view name) {
  const auto ascii = to_ascii(std::string(name));
  std::string out = lower(ascii ? *ascii : std::string(name));
  while (!out.empty() && out.back() == '.') out.pop_back();
  return out;
}

// `*` stands for any text.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = pattern.npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// A proxy may read `host` as an address where we would look up a name: 2130706433 and 0x7f.1 are 127.0.0.1 to many.
std::optional<IpAddress> literal(std::string_view host) {
  const std::string text(host.substr(0, host.find('%')));
  if (auto address = IpAddress::parse(text)) return address;
  in_addr loose{};
  if (inet_aton(text.c_str(), &loose) == 0) return std::nullopt;
  return v4(reinterpret_cast<const std::uint8_t*>(&loose));
}

bool is_path(std::string_view pattern) {
  return pattern.starts_with('/') || pattern.starts_with('@');
}

// A CIDR written as IPv4-mapped is the IPv4 one.
config::AddressRule normalized(config::AddressRule rule) {
  if (!rule.cidr) {
    if (!is_path(rule.pattern)) rule.pattern = plain_name(rule.pattern);
    return rule;
  }
  Cidr& cidr = *rule.cidr;
  const IpAddress first{.family = cidr.family, .bytes = cidr.bytes};
  if (cidr.family == 6 && cidr.bits >= 96 && within(first, "::ffff:0:0", 96)) {
    const IpAddress inner = v4(cidr.bytes.data() + 12);
    cidr = {.family = 4, .bytes = inner.bytes, .bits = cidr.bits - 96};
  }
  return rule;
}

std::vector<config::AddressRule> normalized(std::vector<config::AddressRule> rules) {
  for (auto& rule : rules) rule = normalized(std::move(rule));
  return rules;
}

const config::AddressRule* find_name(const std::vector<config::AddressRule>& rules, std::string_view name) {
  for (const auto& rule : rules) {
    if (!rule.cidr && glob_matches(rule.pattern, name)) return &rule;
  }
  return nullptr;
}

const config::AddressRule* find_address(const std::vector<config::AddressRule>& rules, const IpAddress& address) {
  for (const auto& rule : rules) {
    if (rule.cidr && covers(*rule.cidr, address)) return &rule;
  }
  return nullptr;
}

const config::AddressRule* find_path(const std::vector<config::AddressRule>& rules, std::string_view path) {
  for (const auto& rule : rules) {
    if (!rule.cidr && (is_path(rule.pattern) || rule.pattern == "*") && glob_matches(rule.pattern, path)) return &rule;
  }
  return nullptr;
}

std::string single_slashes(std::string_view path) {
  if (path.starts_with('@')) return std::string(path);
  std::string out;
  for (const char c : path) {
    if (c != '/' || !out.ends_with('/')) out += c;
  }
  return out;
}

// Why a path may not be judged as it is written, in a few words; empty: it may.
std::string_view path_fault(std::string_view path) {
  if (path.starts_with('@')) return {};
  if (!path.starts_with('/')) return "it is no path from the root";
  const auto parts = split(path, '/');
  if (std::ranges::any_of(parts, [](std::string_view part) { return part == "." || part == ".."; })) {
    return "it has a part `.` or `..`";
  }
  const auto first = std::ranges::find_if(parts, [](std::string_view part) { return !part.empty(); });
  if (first != parts.end() && *first == "proc") return "it is in /proc";  // /proc/self/root is the root once more
  return {};
}

// Why an address may never be connected to, in a few words; empty: it may.
std::string_view built_in_words(const IpAddress& address) {
  static const auto table = [] {
    std::vector<std::pair<Cidr, std::string_view>> out;
    for (const BuiltIn& entry : kBuiltIn) out.emplace_back(cidr_of(entry.address, entry.bits), entry.words);
    return out;
  }();
  for (const auto& [cidr, words] : table) {
    if (covers(cidr, address)) return words;
  }
  return {};
}

// "10.0.0.1", "64:ff9b::a00:1 (10.0.0.1)", "db.example.com (10.0.0.1)".
std::string named(std::string_view host, const IpAddress& address, const IpAddress& form) {
  std::string out(host);
  if (!literal(host)) out += " (" + address.text() + ")";
  IpAddress without_zone = address;
  without_zone.scope = 0;
  if (form != without_zone) out += ", which leads to " + form.text() + ",";
  return out;
}

constexpr std::string_view kExpected = "expected a target that may be probed";

}  // namespace

TargetPolicy::TargetPolicy(std::vector<config::AddressRule> allow, std::vector<config::AddressRule> deny)
    : allow_(normalized(std::move(allow))), deny_(normalized(std::move(deny))) {}

std::optional<std::string> TargetPolicy::refusal(std::string_view host, std::span<const IpAddress> addresses) const {
  const std::string name = plain_name(host);
  if (std::ranges::find(kMetadataNames, name) != std::end(kMetadataNames)) {
    return fmt::format("target {} is denied: it names a metadata service; {}", host, kExpected);
  }
  if (const auto* rule = find_name(deny_, name)) {
    return fmt::format("target {} is denied by `{}`; {}", host, rule->pattern, kExpected);
  }
  const auto stands_for = literal(host);
  if (addresses.empty() && stands_for) addresses = {&*stands_for, 1};
  const bool name_allowed = allow_.empty() || find_name(allow_, name) != nullptr;
  for (const IpAddress& address : addresses) {
    const Forms forms = forms_of(address);
    for (const IpAddress& form : forms.all) {
      if (const auto words = built_in_words(form); !words.empty()) {
        return fmt::format("target {} is denied: {}; {}", named(host, address, form), words, kExpected);
      }
      if (const auto* rule = find_address(deny_, form)) {
        return fmt::format("target {} is denied by `{}`; {}", named(host, address, form), rule->pattern, kExpected);
      }
    }
    const IpAddress& real = forms.all[forms.real];
    if (!name_allowed && find_address(allow_, real) == nullptr) {
      return fmt::format("target {} is not in the allow list; {}", named(host, address, real), kExpected);
    }
  }
  if (!name_allowed && addresses.empty()) {
    return fmt::format("target {} is not in the allow list; {}", host, kExpected);
  }
  return std::nullopt;
}

std::optional<std::string> TargetPolicy::refusal_of_path(std::string_view path, std::string_view real) const {
  const bool elsewhere = !real.empty() && real != path;
  const std::string plain = single_slashes(real.empty() ? path : real);
  const std::string shown = printable(path) + (elsewhere ? ", which leads to " + printable(real) + "," : "");
  if (const auto why = path_fault(plain); !why.empty()) {
    return fmt::format("target {} is denied: {}; {}", shown, why, kExpected);
  }
  if (const auto* rule = find_path(deny_, plain)) {
    return fmt::format("target {} is denied by `{}`; {}", shown, rule->pattern, kExpected);
  }
  if (!allow_.empty() && find_path(allow_, plain) == nullptr) {
    return fmt::format("target {} is not in the allow list; {}", shown, kExpected);
  }
  return std::nullopt;
}

const TargetPolicy& TargetPolicy::built_in() {
  static const TargetPolicy policy({}, {});
  return policy;
}

}  // namespace nines::probes
