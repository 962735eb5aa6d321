#include "base/credentials.hpp"

#include <algorithm>
#include <array>

namespace nines {
namespace {

constexpr std::string_view kMask = "<secret>";
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::array<std::string_view, 14> kTelling = {
    "token",    "password", "passwd",  "secret",    "api_key",    "apikey",     "cookie",
    "auth_key", "x_auth",   "session", "assertion", "access_key", "credential", "authorization"};

// The end of a JSON string whose text begins at `from`: the place of its closing quote, or the text's end.
std::size_t string_end(std::string_view text, std::size_t from) {
  while (from < text.size() && text[from] != '"') from += text[from] == '\\' ? 2 : 1;
  return std::min(from, text.size());
}

// The size of "Name: " at the start of a header line, 0 for any other line.
std::size_t header_name_size(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.substr(0, colon).find_first_of(" \t") != std::string_view::npos) return 0;
  return std::min(line.find_first_not_of(" \t", colon + 1), line.size());
}

}  // namespace

bool names_credentials(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::ranges::replace(lower, '-', '_');
  return std::ranges::any_of(kTelling, [&](std::string_view word) { return lower.contains(word); });
}

std::string hide_credentials_in_headers(std::string_view lines) {
  std::string out;
  bool hiding = false;
  while (!lines.empty()) {
    const std::size_t newline = lines.find('\n');
    const std::string_view line = lines.substr(0, newline);
    const std::string_view end = lines.substr(line.size(), newline == std::string_view::npos ? 0 : 1);
    lines.remove_prefix(line.size() + end.size());
    if (hiding && (line.starts_with(' ') || line.starts_with('\t'))) continue;
    const std::size_t name_size = header_name_size(line);
    hiding = names_credentials(line.substr(0, std::min(name_size, line.find(':'))));
    out.append(hiding ? line.substr(0, name_size) : line).append(hiding ? kMask : "").append(end);
  }
  return out;
}

std::string hide_credentials_in_query(std::string_view text) {
  constexpr std::string_view kNameEnds = "=?&; \t\r\n\"'<>";
  constexpr std::string_view kValueEnds = "&; \t\r\n\"'<>";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t name_end = std::min(text.find_first_of(kNameEnds, at), text.size());
    const std::string_view name = text.substr(at, name_end - at);
    const bool pair = name_end < text.size() && text[name_end] == '=' &&
                      (at == 0 || text[at - 1] == '?' || text[at - 1] == '&' || text[at - 1] == ';');
    out.append(name);
    at = name_end;
    if (at == text.size()) break;
    out += text[at++];
    if (!pair || !names_credentials(name)) continue;
    const std::size_t value_end = std::min(text.find_first_of(kValueEnds, at), text.size());
    if (value_end > at) out.append(kMask);
    at = value_end;
  }
  return out;
}

std::string hide_credentials_in_body(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"', at)) {
    const std::size_t name_end = string_end(text, at + 1);
    const std::size_t colon = text.find_first_not_of(kSpace, std::min(name_end + 1, text.size()));
    if (colon == std::string_view::npos || text[colon] != ':') {
      // The quote that ended this one may begin a name: a text around JSON may have a quote too many.
      at = name_end;
      continue;
    }
    const std::size_t value = text.find_first_not_of(kSpace, colon + 1);
    if (value == std::string_view::npos) break;
    if (text[value] != '"') {
      at = value;
      continue;
    }
    const std::size_t value_end = string_end(text, value + 1);
    if (names_credentials(text.substr(at, name_end - at))) {
      out.append(text.substr(copied, value + 1 - copied)).append(kMask);
      copied = value_end;
    }
    at = std::min(value_end + 1, text.size());
  }
  return out.append(text.substr(copied));
}

}  // namespace nines
