#include "probes/http/url.hpp"

#include <algorithm>
#include <optional>

#include <curl/curl.h>
#include <fmt/format.h>
#include <strings.h>

#include "base/text.hpp"
#include "probes/async/resolver.hpp"

namespace nines::probes {

namespace {

CURLU* curlu(void* handle) {
  return static_cast<CURLU*>(handle);
}

std::optional<std::string> part(void* handle, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(curlu(handle), which, &text, flags) != CURLUE_OK) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

bool starts_with(const std::string& text, const char* prefix) {
  return strncasecmp(text.c_str(), prefix, std::string_view(prefix).size()) == 0;
}

// Whether the text names a host right after "http://" or "https://".
bool has_host(const std::string& text) {
  const std::size_t at = starts_with(text, "https://") ? 8 : starts_with(text, "http://") ? 7 : std::string::npos;
  return at != std::string::npos && at < text.size() && std::string_view("/?#\\").find(text[at]) == std::string::npos;
}

bool has_scheme(const std::string& text) {
  const auto colon = text.find(':');
  return colon != std::string::npos && colon > 0 && text.find_first_of("/?#") > colon;
}

bool has_control(const std::string& text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// What was not understood, without what may be a password or a token in it.
Error not_http(std::string text) {
  const auto slashes = text.find("//");
  const auto begin = slashes == std::string::npos ? 0 : slashes + 2;
  if (const auto at = text.rfind('@'); at != std::string::npos && at >= begin) text.erase(begin, at + 1 - begin);
  text.resize(std::min(text.find('?'), text.size()));
  return Error{fmt::format("`{}` is not a usable URL: expected http:// or https:// and a host",
                           ellipsize(printable(text), 200))};
}

}  // namespace

void Url::Free::operator()(void* handle) const {
  curl_url_cleanup(curlu(handle));
}

Expected<Url> Url::parse(const std::string& text) {
  if (!has_host(text) || has_control(text) || text.find(' ') != std::string::npos) {
    return std::unexpected(not_http(text));
  }
  std::unique_ptr<void, Free> handle(curl_url());
  if (curl_url_set(curlu(handle.get()), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return std::unexpected(not_http(text));
  }
  return read(std::move(handle), text);
}

Expected<Url> Url::resolve(const std::string& location) const {
  if (has_control(location) || (has_scheme(location) && !has_host(location))) {
    return std::unexpected(not_http(location));
  }
  std::unique_ptr<void, Free> handle(curl_url_dup(curlu(handle_.get())));
  if (curl_url_set(curlu(handle.get()), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) != CURLUE_OK) {
    return std::unexpected(not_http(location));
  }
  return read(std::move(handle), location);
}

Expected<Url> Url::with_host(const std::string& host) const {
  std::unique_ptr<void, Free> handle(curl_url_dup(curlu(handle_.get())));
  const std::string bracketed = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (curl_url_set(curlu(handle.get()), CURLUPART_HOST, bracketed.c_str(), 0) != CURLUE_OK) {
    return fail(fmt::format("`{}` is not a host name", printable(host)));
  }
  return read(std::move(handle), host);
}

std::string Url::authority() const {
  const std::string name = host_.find(':') == std::string::npos ? host_ : "[" + host_.substr(0, host_.find('%')) + "]";
  return default_port_ ? name : fmt::format("{}:{}", name, port_);
}

bool Url::same_origin(const Url& other) const {
  return tls_ == other.tls_ && port_ == other.port_ && strcasecmp(host_.c_str(), other.host_.c_str()) == 0;
}

bool Url::secures(const Url& other) const {
  return tls_ && !other.tls_ && port_ == 443 && other.port_ == 80 &&
         strcasecmp(host_.c_str(), other.host_.c_str()) == 0;
}

Expected<Url> Url::read(std::unique_ptr<void, Free> handle, const std::string& shown) {
  Url url;
  const auto scheme = part(handle.get(), CURLUPART_SCHEME);
  const auto host = part(handle.get(), CURLUPART_HOST);
  if (!scheme || !host || host->empty() || (*scheme != "http" && *scheme != "https")) {
    return std::unexpected(not_http(shown));
  }
  const auto ascii = to_ascii(*host);
  if (!ascii) return std::unexpected(ascii.error());
  if (*ascii != *host) curl_url_set(curlu(handle.get()), CURLUPART_HOST, ascii->c_str(), 0);
  url.user_ = part(handle.get(), CURLUPART_USER, CURLU_URLDECODE).value_or("");
  url.password_ = part(handle.get(), CURLUPART_PASSWORD, CURLU_URLDECODE).value_or("");
  for (const CURLUPart dropped : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT}) {
    curl_url_set(curlu(handle.get()), dropped, nullptr, 0);
  }
  url.tls_ = *scheme == "https";
  url.host_ = ascii->front() == '[' ? ascii->substr(1, ascii->size() - 2) : *ascii;
  if (const auto zone = part(handle.get(), CURLUPART_ZONEID)) url.host_ += "%" + *zone;
  const auto port = part(handle.get(), CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  url.default_port_ = !port;
  url.port_ = port ? std::stoi(*port) : (url.tls_ ? 443 : 80);
  url.text_ = part(handle.get(), CURLUPART_URL).value_or("");
  url.handle_ = std::move(handle);
  return url;
}

}  // namespace nines::probes
