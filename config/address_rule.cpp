#include "config/address_rule.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "config/names.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

constexpr int kMostKept = 10'000;

std::optional<int> parse_number(std::string_view text, int most) {
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || stop != end || number < 0 || number > most) return std::nullopt;
  return number;
}

void clear_beyond(AddressRule::Cidr& cidr) {
  for (int bit = cidr.bits; bit < (cidr.family == 4 ? 32 : 128); ++bit) {
    cidr.bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> (bit % 8)));
  }
}

void read_rules(Context& context, Mapping& map, std::string_view key, std::vector<AddressRule>& out) {
  map.each(key, [&](const Node& item) {
    const auto text = read_text(context, item, "an item of " + in_ticks(key));
    if (!text) return;
    auto rule = parse_address_rule(*text);
    if (rule) {
      out.push_back(std::move(*rule));
    } else {
      context.fault(item, std::move(rule.error().message));
    }
  });
}

}  // namespace

std::optional<AddressRule::Cidr> parse_address(std::string_view text) {
  const std::string word(text);
  if (word.find('\0') != std::string::npos) return std::nullopt;
  AddressRule::Cidr cidr;
  if (inet_pton(AF_INET, word.c_str(), cidr.bytes.data()) == 1) {
    cidr.bits = 32;
    return cidr;
  }
  if (inet_pton(AF_INET6, word.c_str(), cidr.bytes.data()) != 1) return std::nullopt;
  cidr.family = 6;
  cidr.bits = 128;
  return cidr;
}

std::optional<AddressParts> split_address(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    AddressParts parts{std::string(text.substr(1, close - 1)), std::nullopt};
    if (parts.host.find(':') == std::string::npos) return std::nullopt;
    const std::string_view rest = text.substr(close + 1);
    if (rest.empty()) return parts;
    if (rest[0] != ':') return std::nullopt;
    parts.port = parse_number(rest.substr(1), 65535);
    return parts.port ? std::optional(parts) : std::nullopt;
  }
  const std::size_t colon = text.find(':');
  // Two colons and no brackets: an IPv6 address alone.
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
    return AddressParts{std::string(text), std::nullopt};
  }
  AddressParts parts{std::string(text.substr(0, colon)), parse_number(text.substr(colon + 1), 65535)};
  return parts.port ? std::optional(parts) : std::nullopt;
}

Expected<AddressRule> parse_address_rule(std::string_view text) {
  const auto wrong = [&] {
    return fail("\"" + ellipsize(printable(text), 120) +
                "\" is no address rule: expected one such as 10.0.0.0/8, 2001:db8::1, *.example.com or /run/*.sock");
  };
  if (text.empty() || !is_printable(text)) return wrong();
  AddressRule rule{std::string(text), std::nullopt};
  if (text.starts_with('/') || text.starts_with('@')) return rule;
  const std::size_t slash = text.find('/');
  rule.cidr = parse_address(text.substr(0, slash));
  if (rule.cidr && slash != std::string_view::npos) {
    const auto bits = parse_number(text.substr(slash + 1), rule.cidr->bits);
    if (!bits) return wrong();
    rule.cidr->bits = *bits;
    clear_beyond(*rule.cidr);
  }
  if (rule.cidr) return rule;
  if (text.find_first_of("/:[]@ \"<>\\^`{|}?#%") != std::string_view::npos) return wrong();
  rule.pattern = lower_case(text);
  if (rule.pattern.ends_with('.')) rule.pattern.pop_back();
  if (rule.pattern.empty()) return wrong();
  return rule;
}

bool is_loopback(const std::string& host) {
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return lower_case(host) == "localhost";
}

void read_probe_endpoint(Context& context, Mapping& root, bool on_loopback, ProbeEndpoint& endpoint) {
  endpoint.enabled = on_loopback;
  const Node* node = root.find("probe_endpoint");
  if (node == nullptr) return;
  Mapping map(context, *node, "`probe_endpoint`");
  read_rules(context, map, "allow", endpoint.allow);
  read_rules(context, map, "deny", endpoint.deny);
  map.integer("history", endpoint.history, 0, kMostKept);
  const bool allows = map.find("allow") != nullptr && !map.find("allow")->items.empty();
  endpoint.enabled = on_loopback || allows;
  const bool asked = map.boolean("enabled", endpoint.enabled);
  map.finish();
  if (!asked || !endpoint.enabled || on_loopback || allows) return;
  context.fault(*map.find("enabled"),
                "`probe_endpoint` is enabled and `listen` is not on loopback, so that whoever reaches it could probe "
                "any address from here: expected `allow` with what may be probed");
}

}  // namespace nines::config
