#include "tests/harness/http.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <httplib.h>

namespace nines::harness {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

Reply request(const std::string& method, const std::string& url, const std::string& body, const Headers& headers,
              std::chrono::milliseconds timeout) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) throw std::invalid_argument(url + ": expected http://HOST:PORT/PATH");
  const auto slash = std::min(url.find('/', kScheme.size()), url.size());
  httplib::Client client(url.substr(0, slash));
  client.set_connection_timeout(timeout);
  client.set_read_timeout(timeout);
  client.set_write_timeout(timeout);
  httplib::Request request;
  request.method = method;
  request.path = slash < url.size() ? url.substr(slash) : "/";
  request.body = body;
  request.headers.insert(headers.begin(), headers.end());
  if (!body.empty() && !request.has_header("Content-Type")) request.set_header("Content-Type", "application/json");

  const httplib::Result result = client.send(request);
  if (!result) return {.status = 0, .body = {}, .headers = {}, .error = httplib::to_string(result.error())};
  Reply reply{.status = result->status, .body = result->body, .headers = {}, .error = {}};
  for (const auto& [name, value] : result->headers) reply.headers.emplace(lower(name), value);
  return reply;
}

Reply get(const std::string& url, const Headers& headers) {
  return request("GET", url, {}, headers);
}

Reply post(const std::string& url, const std::string& body, const Headers& headers) {
  return request("POST", url, body, headers);
}

Reply del(const std::string& url, const Headers& headers) {
  return request("DELETE", url, {}, headers);
}

std::string url_encoded(const std::string& text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += fmt::format("%{:02X}", c);
    }
  }
  return out;
}

}  // namespace nines::harness
