// URLs of programs beside the targets, and mail addresses.

#include <algorithm>

#include "config/module.hpp"
#include "config/neighbour.hpp"
#include "config/target.hpp"

namespace nines::config {
namespace {

// What the program's own requests, unlike probes, cannot do.
void read_client(Context& context, Mapping& map, HttpClient& client) {
  read_http_client(context, map, client);
  if (client.oauth2) {
    context.fault(*map.find("oauth2"), "`oauth2` is not available here: expected basic_auth or authorization");
  }
  if (!client.tls.server_name.empty()) {
    context.fault(*map.find("tls_config"), "`server_name` is not available here: expected the name in `url`");
  }
}

}  // namespace

Expected<std::string> parse_base_url(std::string_view text) {
  const bool http = text.starts_with("http://") || text.starts_with("https://");
  auto target = parse_target(text, Prober::http);
  if (!http || !target) {
    const std::string why = http ? target.error().message : "it is no URL";
    return fail(why.contains("expected") ? why : why + ": expected one such as http://127.0.0.1:9093");
  }
  std::string url = std::move(target->text);
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// A URL alone, or a mapping of `url` and what Prometheus calls its HTTP client's configuration.
Remote read_remote(Context& context, const Node& node, std::string_view what) {
  Remote remote;
  if (node.is(Node::Kind::scalar)) {
    const auto text = read_text(context, node, what);
    if (!text) return remote;
    auto url = parse_base_url(*text);
    if (!url) context.fault(node, std::string(what) + ": " + url.error().message);
    if (url) remote.url = std::move(*url);
    return remote;
  }
  Mapping map(context, node, what);
  if (map.find("url") == nullptr) map.required_text("url", remote.url);
  map.parsed("url", parse_base_url, remote.url);
  map.positive_duration("timeout", remote.timeout);
  read_client(context, map, remote.client);
  map.finish();
  return remote;
}

// A webhook's URL is a password: whoever knows it may post.
Remote read_hook(Context& context, const Node& node, std::string_view what) {
  if (node.is(Node::Kind::scalar)) {
    context.hidden.insert(&node);
    context.remember(Secret(node.text));
    return read_remote(context, node, what);
  }
  Mapping map(context, node, what);
  Remote remote;
  Secret url;
  if (map.find("url") == nullptr) {
    map.required_text("url", remote.url);
  } else if (map.secret("url", url)) {
    auto parsed = parse_base_url(url.reveal());
    if (!parsed) context.fault(*map.find("url"), "`url` is no URL: expected one such as https://hooks.example/T0/B0");
    if (parsed) remote.url = std::move(*parsed);
  }
  map.positive_duration("timeout", remote.timeout);
  read_client(context, map, remote.client);
  map.finish();
  return remote;
}

bool is_mail_address(std::string_view text) {
  const std::size_t at = text.find('@');
  const auto plain = [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("<>(),;:\\\"[]").find(c) == std::string_view::npos;
  };
  return at != text.npos && at > 0 && at + 1 < text.size() && text.find('@', at + 1) == text.npos &&
         std::ranges::all_of(text, plain);
}

std::vector<std::string> read_addresses(Context& context, Mapping& map, std::string_view key) {
  std::vector<std::string> addresses;
  map.each(key, [&](const Node& item) {
    auto text = read_text(context, item, "an item of " + in_ticks(key));
    if (!text) return;
    if (!is_mail_address(*text)) {
      context.fault(item, in_ticks(*text) + " is no mail address: expected one such as sla@acme.example");
      return;
    }
    addresses.push_back(std::move(*text));
  });
  return addresses;
}

}  // namespace nines::config
