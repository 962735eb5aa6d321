// What Prometheus calls its HTTP client's configuration: proxy, OAuth 2 and all that a request needs beside its rules.

#include <algorithm>
#include <array>

#include "base/credentials.hpp"
#include "config/address_rule.hpp"
#include "config/module.hpp"
#include "config/names.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

constexpr std::array<std::string_view, 4> kProxySchemes = {"http", "https", "socks5", "socks5h"};

std::string percent_decode(std::string_view text) {
  const auto digit = [](char c) {
    constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
    const std::size_t at = kDigits.find(c);
    return at < 16 ? static_cast<int>(at) : at < 22 ? static_cast<int>(at) - 6 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool coded = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    out += coded ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (coded) i += 2;
  }
  return out;
}

void read_proxy_url(Context& context, Mapping& map, const std::string& url, Proxy& proxy) {
  const Node& at = *map.find("proxy_url");
  const std::size_t mark = url.find("://");
  const std::string_view scheme = std::string_view(url).substr(0, mark);
  if (mark == std::string::npos || std::ranges::find(kProxySchemes, scheme) == kProxySchemes.end()) {
    const std::size_t sign = url.rfind('@');
    if (sign != std::string::npos) context.hidden.insert(&at);
    if (sign != std::string::npos) {
      const std::size_t begin = mark == std::string::npos ? 0 : mark + 3;
      const std::string user = url.substr(begin, sign - std::min(begin, sign));
      const std::size_t colon = user.find(':');
      context.remember(Secret(percent_decode(colon == std::string::npos ? user : user.substr(colon + 1))));
    }
    context.flaw(at, "`proxy_url` is no URL of a proxy: expected http://, https:// or socks5://host:port");
    return;
  }
  std::string_view authority = std::string_view(url).substr(mark + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t sign = authority.rfind('@'); sign != std::string_view::npos) {
    const std::string_view user = authority.substr(0, sign);
    const std::size_t colon = user.find(':');
    proxy.username = percent_decode(user.substr(0, colon));
    if (colon != std::string_view::npos) proxy.password = Secret(percent_decode(user.substr(colon + 1)));
    context.remember(proxy.password);
    authority.remove_prefix(sign + 1);
  }
  const auto parts = split_address(authority);
  if (!parts || parts->host.empty() || !is_printable(url) || url.find(' ') != std::string::npos) {
    context.flaw(at, "`proxy_url` has no valid host and port: expected one such as http://proxy.example:3128");
    return;
  }
  proxy.url = std::string(scheme) + "://" + std::string(authority);
}

void read_connect_headers(Context& context, Mapping& map, Proxy& proxy) {
  map.members("proxy_connect_header", [&](const std::string& name, const Node& at, const Node& node) {
    if (!is_http_token(name)) context.fault(at, in_ticks(name) + " is no header name: expected one such as X-Via");
    const auto keep = [&](const Node& item) {
      auto value = read_secret(context, item, "the header " + in_ticks(name));
      if (!value) return;
      if (!is_printable(value->reveal())) {
        context.fault(item, "the header " + in_ticks(name) + " holds a control character: expected one line of text");
      }
      proxy.connect_headers.emplace_back(name, std::move(*value));
    };
    if (!node.is(Node::Kind::list)) return keep(node);
    for (const Node* item : node.items) keep(*item);
  });
}

// A literal password in it: the URL itself is shown without.
void guard_userinfo(Context& context, const std::string& url) {
  const std::size_t begin = url.find("://") + 3;
  const std::string_view authority = std::string_view(url).substr(begin, url.find_first_of("/?#", begin) - begin);
  const std::string_view user = authority.substr(0, std::min(authority.rfind('@'), authority.size()));
  const std::size_t colon = user.find(':');
  if (user.size() == authority.size() || colon == std::string_view::npos) return;
  const std::string password(user.substr(colon + 1));
  context.remember(Secret(percent_decode(password)));
  context.remember(Secret(password));
}

void read_endpoint_params(Context& context, Mapping& map, OAuth2& oauth) {
  map.members("endpoint_params", [&](const std::string& name, const Node&, const Node& node) {
    auto value = read_text(context, node, "the parameter " + in_ticks(name));
    if (!value) return;
    guard_value(context, node, name, *value);
    oauth.endpoint_params.emplace_back(name, std::move(*value));
  });
}

}  // namespace

void read_proxy(Context& context, Mapping& map, Proxy& proxy) {
  std::string url;
  map.text("proxy_url", url);
  if (!url.empty()) read_proxy_url(context, map, url, proxy);
  map.text("no_proxy", proxy.no_proxy);
  read_connect_headers(context, map, proxy);
  bool from_environment = false;
  map.boolean("proxy_from_environment", from_environment);
  if (from_environment) {
    const Node& at = *map.find("proxy_from_environment");
    if (!url.empty()) {
      context.fault(at,
                    "`proxy_from_environment` beside `proxy_url`: expected one, as if proxy_from_environment is "
                    "configured, proxy_url must not be configured");
    }
    context.cannot(at,
                   "`proxy_from_environment` is not available in nines, whose environment decides nothing about a "
                   "probe: expected `proxy_url` and `no_proxy`");
    return;
  }
  if (!url.empty()) return;
  for (const std::string_view key : {"no_proxy", "proxy_connect_header"}) {
    const Node* node = map.find(key);
    if (node == nullptr || (node->text.empty() && node->members.empty())) continue;
    context.fault(*node, in_ticks(key) + " without a proxy: if " + std::string(key) +
                             " is configured, proxy_url must also be configured");
  }
}

OAuth2 read_oauth2(Context& context, const Node& node) {
  Mapping map(context, node, "`oauth2`");
  OAuth2 oauth;
  map.text("client_id", oauth.client_id);
  if (oauth.client_id.empty()) context.fault(node, "oauth2 client_id must be configured: expected `client_id`");
  read_secret_or_file(context, map, "client_secret", "client_secret_file", oauth.client_secret);
  map.texts("scopes", oauth.scopes);
  map.text("token_url", oauth.token_url);
  if (oauth.token_url.empty()) {
    context.fault(node, "oauth2 token_url must be configured: expected `token_url`");
  } else if (!oauth.token_url.starts_with("http://") && !oauth.token_url.starts_with("https://")) {
    context.fault(*map.find("token_url"), "`token_url` is no URL: expected one such as https://login.example/token");
  } else {
    guard_userinfo(context, oauth.token_url);
  }
  read_endpoint_params(context, map, oauth);
  if (const Node* tls = map.find("tls_config")) oauth.tls = read_tls(context, *tls);
  read_proxy(context, map, oauth.proxy);
  map.unavailable({"client_secret_ref", "grant_type", "client_certificate_key", "client_certificate_key_file",
                   "client_certificate_key_ref", "client_certificate_key_id", "signature_algorithm", "iss", "aud",
                   "claims"});
  map.finish();
  return oauth;
}

void read_http_client(Context& context, Mapping& map, HttpClient& client) {
  read_credentials(context, map, client);
  read_proxy(context, map, client.proxy);
  if (const Node* tls = map.find("tls_config")) client.tls = read_tls(context, *tls);
  read_header_sources(context, map, "http_headers", client);
}

}  // namespace nines::config
