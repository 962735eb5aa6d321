#include "journeys/aws_signature.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "probes/http/url.hpp"

namespace nines::journeys {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const bool coded = text[i] == '%' && i + 2 < text.size() &&
                       std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3;
    out += coded ? static_cast<char>(byte) : text[i];
    if (coded) i += 2;
  }
  return out;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    pairs.emplace_back(percent_encode(percent_decode(part.substr(0, equals))), percent_encode(percent_decode(value)));
  }
  std::ranges::sort(pairs);
  std::string out;
  for (const auto& [name, value] : pairs) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

// The path is in the URL encoded once; every service but s3 signs it encoded once more.
std::string canonical_path(std::string_view path, bool once) {
  std::string out;
  for (const std::string_view segment : split(path, '/')) {
    const std::string plain = percent_encode(percent_decode(segment));
    if (!out.empty() || segment.data() != path.data()) out += '/';
    out += once ? plain : percent_encode(plain);
  }
  return out.empty() ? "/" : out;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return text;
}

// "20150830T123600Z"
std::string timestamp(Time now) {
  std::string text = format_time(std::chrono::floor<std::chrono::seconds>(now), 0);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

}  // namespace

Expected<void> sign_aws(probes::HttpRequest& request, const AwsKeys& keys, Time now) {
  const auto url = probes::Url::parse(request.url);
  if (!url) return std::unexpected(url.error());
  const std::string_view text = url->text();
  const std::size_t path_at = std::min(text.find('/', text.find("//") + 2), text.size());
  const std::size_t query_at = std::min(text.find('?'), text.size());
  const std::string path(text.substr(path_at, query_at - std::min(path_at, query_at)));
  const std::string query = canonical_query(query_at < text.size() ? text.substr(query_at + 1) : std::string_view());
  request.url = std::string(text.substr(0, query_at)) + (query.empty() ? "" : "?" + query);

  const std::string stamp = timestamp(now);
  const std::string date = stamp.substr(0, 8);
  const std::string payload = hex(sha256(request.body));
  request.headers.emplace_back("X-Amz-Date", stamp);
  if (!keys.session_token.empty()) {
    request.headers.emplace_back("X-Amz-Security-Token", keys.session_token.reveal());
  }
  if (keys.service == "s3") request.headers.emplace_back("X-Amz-Content-Sha256", payload);

  std::map<std::string, std::string> headers = {{"host", url->authority()}};
  for (const auto& [name, value] : request.headers) {
    const std::string small = lower(name);
    if (small.starts_with("x-amz-") || small == "content-type" || small == "host") headers[small] = trim(value);
  }
  std::string lines;
  std::string names;
  for (const auto& [name, value] : headers) {
    lines += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method,
                                            canonical_path(path, keys.service == "s3"), query, lines, names, payload);
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", date, keys.region, keys.service);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, stamp, scope, hex(sha256(canonical)));
  std::string key = "AWS4" + keys.secret_key.reveal();
  for (const std::string& part : {date, keys.region, keys.service, std::string("aws4_request")}) {
    key = hmac_sha256(key, part);
  }
  request.headers.emplace_back(
      "Authorization", fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, keys.access_key,
                                   scope, names, hex(hmac_sha256(key, to_sign))));
  return {};
}

}  // namespace nines::journeys
