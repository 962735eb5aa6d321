#include "probes/http/proxy.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"
#include "probes/async/address.hpp"
#include "probes/net/connect.hpp"

namespace nines::probes {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// An IPv4 address in an IPv6 one is that IPv4 address, as Go has it.
std::optional<IpAddress> parse_address(std::string_view text) {
  auto address = IpAddress::parse(text);
  if (!address || address->family == 4) return address;
  const auto& bytes = address->bytes;
  const bool mapped = std::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; }) &&
                      bytes[10] == 0xff && bytes[11] == 0xff;
  if (!mapped) return address;
  IpAddress four;
  std::copy(bytes.begin() + 12, bytes.end(), four.bytes.begin());
  return four;
}

bool is_loopback(const IpAddress& address) {
  if (address.family == 4) return address.bytes[0] == 127;
  return std::all_of(address.bytes.begin(), address.bytes.end() - 1, [](auto b) { return b == 0; }) &&
         address.bytes[15] == 1;
}

bool same_bytes(const IpAddress& a, const IpAddress& b) {
  return a.family == b.family && a.bytes == b.bytes;
}

bool in_network(const IpAddress& address, const IpAddress& network, int bits) {
  if (address.family != network.family) return false;
  for (int bit = 0; bit < bits; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((address.bytes[at] & mask) != (network.bytes[at] & mask)) return false;
  }
  return true;
}

// One entry of the list, in lower case.
bool matches(std::string_view entry, const std::string& host, const std::optional<IpAddress>& address, int port) {
  if (entry == "*") return true;
  if (const auto slash = entry.find('/'); slash != entry.npos) {
    const auto network = IpAddress::parse(entry.substr(0, slash));
    int bits = -1;
    const auto [end, error] = std::from_chars(entry.data() + slash + 1, entry.data() + entry.size(), bits);
    const bool good = network && error == std::errc() && end == entry.data() + entry.size() && bits >= 0 &&
                      bits <= (network->family == 4 ? 32 : 128);
    return good && address && in_network(*address, *network, bits);
  }
  const auto parts = split_host_port(entry);
  if (!parts || (parts->port && *parts->port != port)) return false;
  if (const auto literal = parse_address(parts->host)) return address && same_bytes(*literal, *address);
  std::string_view domain = parts->host;
  if (domain.starts_with("*.")) domain.remove_prefix(1);
  if (domain.starts_with('.')) return host.ends_with(domain);
  return host == domain || host.ends_with("." + std::string(domain));
}

}  // namespace

std::string ProxyAddress::text() const {
  constexpr std::string_view kSchemes[] = {"http", "https", "socks5"};
  return fmt::format("{}://{}:{}", kSchemes[static_cast<std::size_t>(kind)],
                     host.find(':') == host.npos ? host : "[" + host + "]", port);
}

Expected<ProxyAddress> parse_proxy(const std::string& url) {
  const auto mark = url.find("://");
  const std::string scheme = mark == url.npos ? "" : lower(url.substr(0, mark));
  ProxyAddress out;
  if (scheme == "http") {
    out = {ProxyAddress::Kind::http, "", 80};
  } else if (scheme == "https") {
    out = {ProxyAddress::Kind::https, "", 443};
  } else if (scheme == "socks5" || scheme == "socks5h") {
    out = {ProxyAddress::Kind::socks5, "", 1080};
  } else {
    return fail("the proxy's URL has no scheme this program knows; expected http://, https:// or socks5://");
  }
  std::string_view rest = std::string_view(url).substr(mark + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = rest.rfind('@'); at != rest.npos) rest.remove_prefix(at + 1);
  const auto parts = split_host_port(rest);
  if (!parts) return fail("the proxy's URL names no host; expected one such as http://proxy.example.com:3128");
  out.host = parts->host;
  if (parts->port) out.port = *parts->port;
  return out;
}

bool bypasses_proxy(std::string_view no_proxy, std::string_view host, int port) {
  const std::string name = lower(host);
  const auto address = parse_address(host);
  bool any = false;
  while (!no_proxy.empty()) {
    const auto comma = no_proxy.find(',');
    const std::string entry = lower(trim(no_proxy.substr(0, comma)));
    no_proxy.remove_prefix(comma == no_proxy.npos ? no_proxy.size() : comma + 1);
    if (entry.empty()) continue;
    any = true;
    if (matches(entry, name, address, port)) return true;
  }
  return any && (name == "localhost" || (address && is_loopback(*address)));
}

}  // namespace nines::probes
