#include "probes/websocket/upgrade.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "probes/http/exchange.hpp"

namespace nines::probes {

namespace {

std::optional<std::string_view> find_header(const UpgradeAnswer& answer, std::string_view name) {
  for (const std::string& line : answer.headers) {
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && same_name(std::string_view(line).substr(0, colon), name)) {
      return trim(std::string_view(line).substr(colon + 1));
    }
  }
  return std::nullopt;
}

// One of a list's tokens, whatever its case.
bool lists(std::optional<std::string_view> value, std::string_view token) {
  if (!value) return false;
  return std::ranges::any_of(split(*value, ','), [&](std::string_view item) { return same_name(trim(item), token); });
}

std::string_view path_of(const Url& url) {
  const std::string_view text = url.text();
  const std::size_t authority = text.find("://") + 3;
  const std::size_t path = text.find_first_of("/?", authority);
  return path == std::string_view::npos ? std::string_view("/") : text.substr(path);
}

std::string encode(const unsigned char* bytes, std::size_t size) {
  return base64_encode({reinterpret_cast<const char*>(bytes), size});
}

}  // namespace

Expected<Url> parse_websocket_url(const std::string& target) {
  const auto has = [&](std::string_view scheme) { return same_name(target.substr(0, scheme.size()), scheme); };
  if (has("ws://")) return Url::parse("http" + target.substr(2));
  if (has("wss://")) return Url::parse("https" + target.substr(3));
  return fail(fmt::format("`{}` is no target; expected a URL that begins with ws:// or wss://",
                          printable(ellipsize(target.substr(0, target.find('?')), 200))));
}

std::string make_websocket_key() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return encode(bytes.data(), bytes.size());
}

std::string websocket_accept(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return encode(digest.data(), size);
}

Expected<std::string> upgrade_request(const ProbeRequest& request, const Url& url, const std::string& user_agent,
                                      const std::string& key) {
  const config::HttpClient& client = request.module->websocket.client;
  Headers headers = client.headers;
  const auto add = [&](std::string_view name, const std::string& value) {
    const bool given = std::ranges::any_of(headers, [&](const auto& header) { return same_name(header.first, name); });
    if (!given) headers.emplace_back(name, value);
  };
  add("Host", url.authority());
  add("User-Agent", user_agent);
  add("Upgrade", "websocket");
  add("Connection", "Upgrade");
  add("Sec-WebSocket-Version", "13");
  std::erase_if(headers, [](const auto& header) { return same_name(header.first, "Sec-WebSocket-Key"); });
  add("Sec-WebSocket-Key", key);
  if (!request.trace.trace_id.empty()) {
    const std::string span = request.trace.span_id.empty() ? make_span_id() : request.trace.span_id;
    add("traceparent", make_traceparent(request.trace.trace_id, span, request.trace.sampled));
  }
  if (!request.trace.correlation_id.empty()) add("X-Correlation-ID", request.trace.correlation_id);
  if (client.authorization_credentials) {
    add("Authorization", client.authorization_type + " " + client.authorization_credentials->reveal());
  } else if (client.basic_auth) {
    add("Authorization",
        "Basic " + base64_encode(client.basic_auth->username + ":" + client.basic_auth->password.reveal()));
  } else if (!url.user().empty()) {
    add("Authorization", "Basic " + base64_encode(url.user() + ":" + url.password()));
  }
  std::string out = fmt::format("GET {} HTTP/1.1\r\n", path_of(url));
  for (const auto& [name, value] : headers) {
    const auto is_control = [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; };
    if (name.empty() || std::ranges::any_of(name, is_control) || std::ranges::any_of(value, is_control)) {
      return fail(fmt::format("the header {} has control characters; nothing was sent", printable(name)));
    }
    out += fmt::format("{}: {}\r\n", name, value);
  }
  return out + "\r\n";
}

std::optional<int> parse_status_line(std::string_view line) {
  constexpr std::string_view kVersion = "HTTP/1.";
  constexpr std::size_t kStatus = 9;  // after "HTTP/1.1 "
  if (!line.starts_with(kVersion) || line.size() < kStatus + 3 || line[kStatus - 1] != ' ') return std::nullopt;
  int status = 0;
  const char* const from = line.data() + kStatus;
  const auto [end, error] = std::from_chars(from, from + 3, status);
  const bool ends = line.size() == kStatus + 3 || line[kStatus + 3] == ' ';
  if (error != std::errc() || end != from + 3 || status < 100 || !ends) return std::nullopt;
  return status;
}

Outcome judge_upgrade(const UpgradeAnswer& answer, const std::string& key) {
  const auto refuse = [](std::string what) { return Outcome{Reason::websocket_upgrade, std::move(what)}; };
  if (answer.status != 101) {
    return refuse(fmt::format("answered {}; expected 101 Switching Protocols", answer.status));
  }
  if (!lists(find_header(answer, "upgrade"), "websocket") || !lists(find_header(answer, "connection"), "upgrade")) {
    return refuse(
        "answered 101 without upgrading to a WebSocket; expected `Upgrade: websocket`, `Connection: Upgrade`");
  }
  if (find_header(answer, "sec-websocket-accept") != websocket_accept(key)) {
    return refuse("answered 101 with a wrong Sec-WebSocket-Accept; expected the one of the key that was sent");
  }
  return {};
}

}  // namespace nines::probes
