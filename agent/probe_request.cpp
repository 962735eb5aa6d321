#include "agent/probe_request.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "agent/http/query.hpp"
#include "base/text.hpp"
#include "probes/http/exchange.hpp"

namespace nines::agent {
namespace {

constexpr double kLongestScrape = 120;  // and when nothing is said
constexpr double kTimeoutOffset = 0.5;
constexpr std::size_t kMaxHostname = 255;

std::optional<double> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Where the host and its port are, or would be: what stands behind the scheme and a user, before the path.
std::string_view authority(std::string_view target) {
  if (const auto scheme = target.find("://"); scheme != std::string_view::npos) target.remove_prefix(scheme + 3);
  target = target.substr(0, target.find_first_of("/?#"));
  const auto user = target.rfind('@');
  return user == std::string_view::npos ? target : target.substr(user + 1);
}

// No host has an encoded colon or slash in it.
bool is_encoded_twice(std::string_view target) {
  std::string host(authority(target));
  std::ranges::transform(host, host.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c & ~0x20 : c; });
  return host.contains("%3A") || host.contains("%2F");
}

// It is sent as it is: nothing may end a header's line.
bool is_hostname(const std::string& name) {
  return name.size() <= kMaxHostname &&
         std::ranges::none_of(name, [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '/' || c == '@'; });
}

config::TlsConfig* tls_of(config::Module& module) {
  switch (module.prober) {
    case config::Prober::tcp:
      return &module.tcp.tls_config;
    case config::Prober::dns:
      return &module.dns.tls_config;
    case config::Prober::grpc:
      return &module.grpc.tls_config;
    case config::Prober::unix_socket:
      return &module.unix_socket.tls_config;
    case config::Prober::websocket:
      return &module.websocket.client.tls;
    case config::Prober::http:
    case config::Prober::icmp:
      break;
  }
  return nullptr;
}

Expected<void> set_host_header(config::HttpModule& http, const std::string& hostname) {
  auto& headers = http.client.headers;
  const auto found =
      std::ranges::find_if(headers, [](const auto& header) { return probes::same_name(header.first, "host"); });
  if (found == headers.end()) {
    headers.emplace_back("Host", hostname);
  } else if (found->second != hostname) {
    return fail(
        fmt::format("host header defined both in module configuration ({}) and with URL-parameter 'hostname' ({})",
                    found->second, hostname));
  }
  return {};
}

}  // namespace

Expected<double> probe_timeout(std::string_view header, Micros module_timeout) {
  double given = 0;
  if (!header.empty()) {
    const auto value = number(header);
    if (!value) {
      return fail(fmt::format(R"(strconv.ParseFloat: parsing "{}": invalid syntax)", ellipsize(printable(header), 80)));
    }
    given = *value;
  }
  // No one who may only ask holds a thread for longer than the exporter would by itself.
  const double left = (given == 0 ? kLongestScrape : std::min(given, kLongestScrape)) - kTimeoutOffset;
  const double own = seconds(module_timeout);
  return left < 0 || (own > 0 && own < left) ? own : left;
}

std::string decoded_target(std::string_view target) {
  if (!is_encoded_twice(target)) return std::string(target);
  auto decoded = percent_decoded(target);
  return decoded ? std::move(*decoded) : std::string(target);
}

Expected<std::shared_ptr<const config::Module>> with_hostname(std::shared_ptr<const config::Module> module,
                                                              const std::string& hostname) {
  if (hostname.empty()) return module;
  if (!is_hostname(hostname)) {
    return fail(fmt::format("hostname is \"{}\"; expected the name of a host", ellipsize(printable(hostname), 80)));
  }
  auto named = std::make_shared<config::Module>(*module);
  if (named->prober == config::Prober::http) {
    if (auto set = set_host_header(named->http, hostname); !set) return std::unexpected(set.error());
  } else if (config::TlsConfig* tls = tls_of(*named); tls != nullptr && tls->server_name.empty()) {
    tls->server_name = hostname;
  }
  return named;
}

}  // namespace nines::agent
