#include "config/target.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

constexpr std::string_view kLaterSchemes[] = {"tcp", "dns", "icmp", "grpc", "grpcs", "unix", "ws", "wss", "tls"};

std::string shown(std::string_view text) {
  return "\"" + ellipsize(printable(text), 120) + "\"";
}

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || stop != end || port < 0 || port > 65535) return std::nullopt;
  return port;
}

// Splits "host:port", "[v6]:port", "host"; the port part is null when there is no colon.
std::optional<std::pair<std::string_view, std::optional<std::string_view>>> split_authority(std::string_view text) {
  std::size_t colon = text.find(':');
  std::string_view host = text.substr(0, colon);
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
    colon = close + 1 == text.size() ? std::string_view::npos : close + 1;
    if (colon != std::string_view::npos && text[colon] != ':') return std::nullopt;
  }
  if (colon == std::string_view::npos) return std::pair(host, std::optional<std::string_view>());
  return std::pair(host, std::optional(text.substr(colon + 1)));
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

Error scheme_error(std::string_view text, const std::string& scheme) {
  if (std::ranges::find(kLaterSchemes, scheme) != std::end(kLaterSchemes)) {
    return {scheme + ":// is not available in this version of nines: expected http:// or https://"};
  }
  return {shown(text) + " has the scheme " + shown(scheme) + ": expected http:// or https://"};
}

}  // namespace

Expected<Target> parse_target(std::string_view text) {
  if (!is_printable(text) || text.find_first_of(" \"<>\\^`{|}") != std::string_view::npos) {
    return fail(shown(text) + " holds a character that no URL has: expected it percent-encoded");
  }
  Target target;
  const std::size_t mark = text.find("://");
  const bool has_scheme = mark != std::string_view::npos;
  const std::string_view rest = has_scheme ? text.substr(mark + 3) : text;
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != std::string_view::npos) {
    return fail("the URL holds a user name or password: expected them in a module's `basic_auth`");
  }
  const std::string scheme = has_scheme ? lower(text.substr(0, mark)) : "http";
  if (scheme != "http" && scheme != "https") return std::unexpected(scheme_error(text, scheme));
  target.url = scheme + "://" + std::string(rest);

  const auto parts = split_authority(authority);
  if (!parts || parts->first.empty())
    return fail(shown(text) + " has no host: expected a URL such as https://host/path");
  target.host = parts->first;
  target.port = scheme == "https" ? 443 : 80;
  if (parts->second) {
    const auto port = parse_port(*parts->second);
    if (!port || *port == 0) return fail(shown(text) + " has no valid port: expected one from 1 to 65535");
    target.port = *port;
  }
  const bool is_v6 = target.host.find(':') != std::string::npos;
  target.host_port = (is_v6 ? "[" + target.host + "]" : target.host) + ":" + std::to_string(target.port);
  return target;
}

Expected<HostPort> parse_host_port(std::string_view text) {
  const auto parts = split_authority(text);
  const auto port = parts && parts->second ? parse_port(*parts->second) : std::nullopt;
  const bool good_host = parts && std::ranges::none_of(parts->first, [](char c) {
                           return static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '@';
                         });
  if (!port || !good_host) {
    return fail(shown(text) + " is no address: expected host:port such as 127.0.0.1:9999 or [::1]:9999");
  }
  return HostPort{std::string(parts->first), *port};
}

}  // namespace nines::config
