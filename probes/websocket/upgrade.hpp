#pragma once

// The opening handshake of a WebSocket (RFC 6455, 4). Pure but for randomness.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/outcome.hpp"
#include "probes/http/url.hpp"
#include "probes/probe.hpp"

namespace nines::probes {

// A ws or wss URL as the http or https one that it begins as; anything else is refused.
Expected<Url> parse_websocket_url(const std::string& target);

std::string make_websocket_key();
// What the server has to answer to `key`.
std::string websocket_accept(const std::string& key);

// The request with its headers: the module's own, which may replace User-Agent, Host and Authorization.
Expected<std::string> upgrade_request(const ProbeRequest& request, const Url& url, const std::string& user_agent,
                                      const std::string& key);

// The head of the answer.
struct UpgradeAnswer {
  int status = 0;
  std::vector<std::string> headers;  // "Name: value" as received
};
// "HTTP/1.1 101 Switching Protocols"; no status when it is something else.
std::optional<int> parse_status_line(std::string_view line);

// Why `answer` is no upgrade; ok: it is one.
Outcome judge_upgrade(const UpgradeAnswer& answer, const std::string& key);

}  // namespace nines::probes
