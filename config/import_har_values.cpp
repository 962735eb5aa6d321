#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <re2/re2.h>

#include "base/text.hpp"
#include "config/import_draft.hpp"
#include "config/import_har.hpp"
#include "config/names.hpp"

namespace nines::config {
namespace {

constexpr std::size_t kMinValueBytes = 8;
constexpr std::size_t kMaxValueBytes = 8192;
constexpr std::size_t kMaxValues = 20'000;  // of one answer

constexpr std::array<std::string_view, 14> kAssetTypes = {
    "stylesheet", "image",     "font",   "media",     "script",  "manifest", "texttrack",
    "ping",       "websocket", "beacon", "preflight", "favicon", "imageset", "csp-violation-report"};
constexpr std::array<std::string_view, 24> kAssetEndings = {
    ".css", ".js",  ".mjs",  ".map",   ".png", ".jpg", ".jpeg", ".gif",  ".svg", ".ico",  ".webp",        ".avif",
    ".bmp", ".ttf", ".woff", ".woff2", ".otf", ".eot", ".mp4",  ".webm", ".mp3", ".wasm", ".webmanifest", ".ogg"};

bool is_asset_type(std::string_view type) {
  const bool starts = type.starts_with("image/") || type.starts_with("font/") || type.starts_with("video/") ||
                      type.starts_with("audio/");
  return starts || type.contains("css") || type.contains("javascript") || type.contains("ecmascript") ||
         type.contains("font") || type.contains("wasm");
}

const Json* find(const Json& value, std::initializer_list<std::string_view> keys) {
  const Json* at = &value;
  for (const std::string_view key : keys) {
    if (!at->is_object()) return nullptr;
    const auto found = at->find(key);
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

std::string text(const Json& value, std::initializer_list<std::string_view> keys) {
  const Json* found = find(value, keys);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

// "task" of "/api/v1/tasks/4711".
std::string noun_of(std::string_view path) {
  std::string noun;
  for (const std::string_view part : split(path, '/')) {
    static const re2::RE2 kWord(R"([A-Za-z][A-Za-z_-]{2,30})");
    if (re2::RE2::FullMatch(part, kWord)) noun = part;
  }
  if (noun.ends_with("ies")) return noun.substr(0, noun.size() - 3) + "y";
  if (noun.ends_with('s') && !noun.ends_with("ss")) noun.pop_back();
  return noun;
}

bool says_little(std::string_view key) {
  constexpr std::array<std::string_view, 6> kWords = {"id", "uuid", "guid", "key", "value", "_id"};
  return std::ranges::find(kWords, lower_case(key)) != kWords.end();
}

std::string singular(std::string_view key) {
  return noun_of(key).empty() ? std::string(key) : noun_of(key);
}

class Values {
 public:
  Values(std::string_view path, const std::function<void(SeenValue)>& seen) : path_(path), seen_(seen) {}

  void json(const Json& value, const std::string& path, const std::string& owner, const std::string& key) {
    if (count_ >= kMaxValues) return;
    if (value.is_object()) {
      static const re2::RE2 kField(R"([A-Za-z_]\w*)");
      for (const auto& [name, item] : value.items()) {
        const std::string step = re2::RE2::FullMatch(name, kField) ? "." + name
                                 : path.empty()                    ? ".[" + jq_text(name) + "]"
                                                                   : "[" + jq_text(name) + "]";
        json(item, path + step, key.empty() ? owner : singular(key), name);
      }
    } else if (value.is_array()) {
      std::size_t index = 0;
      for (const Json& item : value) {
        json(item, (path.empty() ? "." : path) + "[" + std::to_string(index++) + "]", owner, key);
      }
    } else if (value.is_string() || value.is_number_integer()) {
      const std::string found = value.is_string() ? value.get<std::string>() : dump_json(value);
      const std::string whose = owner.empty() ? noun_of(path_) : owner;
      tell(found, says_little(key) && !whose.empty() ? whose + "_" + key : key, {{"jq", path.empty() ? "." : path}});
    }
  }

  void headers(const Json& headers) {
    if (!headers.is_array()) return;
    constexpr std::array<std::string_view, 20> kBoring = {"date",
                                                          "content-type",
                                                          "content-length",
                                                          "content-encoding",
                                                          "server",
                                                          "cache-control",
                                                          "expires",
                                                          "last-modified",
                                                          "vary",
                                                          "connection",
                                                          "keep-alive",
                                                          "alt-svc",
                                                          "via",
                                                          "age",
                                                          "content-security-policy",
                                                          "strict-transport-security",
                                                          "transfer-encoding",
                                                          "report-to",
                                                          "nel",
                                                          "permissions-policy"};
    for (const Json& header : headers) {
      const std::string name = text(header, {"name"});
      const std::string lower = lower_case(name);
      const std::string value = text(header, {"value"});
      if (lower == "location") {
        location(value);
      } else if (lower == "set-cookie") {
        for (const std::string_view line : split(value, '\n')) cookie(line);
      } else if (is_http_token(name) && std::ranges::find(kBoring, lower) == kBoring.end()) {
        tell(value, lower, {{"header", name}});
      }
    }
  }

  void html(std::string_view body) {
    static const re2::RE2 kElement(R"((?i)<(input|meta)\b([^<>]+)>)");
    re2::StringPiece rest(body.data(), body.size());
    std::string element, attributes;
    while (count_ < kMaxValues && re2::RE2::FindAndConsume(&rest, kElement, &element, &attributes)) {
      const bool input = lower_case(element) == "input";
      const std::string name = attribute(attributes, "name");
      const std::string value = attribute(attributes, input ? "value" : "content");
      if (name.empty() || name.find_first_of("\"'&") != std::string::npos) continue;
      if (input && lower_case(attribute(attributes, "type")) != "hidden") continue;
      tell(value, name,
           {{"xpath", "//" + lower_case(element) + "[@name=\"" + name + "\"]/@" + (input ? "value" : "content")}});
    }
  }

 private:
  void tell(const std::string& value, const std::string& name, Json source) {
    if (!is_worth_capturing(value)) return;
    ++count_;
    seen_({value, name, std::move(source)});
  }

  void cookie(std::string_view line) {
    line = trim(line.substr(0, line.find(';')));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || !is_http_token(line.substr(0, equals))) return;
    const std::string name(line.substr(0, equals));
    tell(std::string(line.substr(equals + 1)), name, {{"cookie", name}});
  }

  // The parts of its path and the values of its query, each by what is before it.
  void location(const std::string& value) {
    const ImportUrl url = split_import_url(value);
    std::string before;
    std::string word = "location";
    for (const std::string_view part : split(std::string_view(url.path).substr(1), '/')) {
      if (part.find_first_of("%?") == std::string_view::npos) {
        tell(std::string(part), word + "_id",
             {{"header", "Location"}, {"regex", literal_pattern(before + "/") + "([^/?#]+)"}});
      }
      if (!noun_of(part).empty()) word = noun_of(part);
      before = "/" + std::string(part);
    }
    for (const auto& [name, text] : url.query) {
      // What is encoded there would be encoded twice.
      if (!value.contains("=" + text)) continue;
      tell(text, name, {{"header", "Location"}, {"regex", "[?&]" + literal_pattern(name) + "=([^&#]+)"}});
    }
  }

  static std::string attribute(const std::string& attributes, const std::string& name) {
    std::string quoted, single, bare;
    const re2::RE2 pattern("(?i)(?:^|[\\s\"'/])" + name + R"re(\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))re");
    if (!re2::RE2::PartialMatch(attributes, pattern, &quoted, &single, &bare)) return {};
    std::string out = !quoted.empty() ? quoted : !single.empty() ? single : bare;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kEntities = {{{"&quot;", "\""},
                                                                                         {"&#39;", "'"},
                                                                                         {"&#x27;", "'"},
                                                                                         {"&lt;", "<"},
                                                                                         {"&gt;", ">"},
                                                                                         {"&#x2F;", "/"},
                                                                                         {"&#43;", "+"},
                                                                                         {"&amp;", "&"}}};
    for (const auto& [entity, character] : kEntities) {
      for (std::size_t at = out.find(entity); at != std::string::npos; at = out.find(entity, at + 1)) {
        out.replace(at, entity.size(), character);
      }
    }
    return out;
  }

  std::string path_;
  const std::function<void(SeenValue)>& seen_;
  std::size_t count_ = 0;
};

}  // namespace

bool is_static_asset(const Json& entry, std::string_view path) {
  const std::string type = lower_case(text(entry, {"_resourceType"}));
  if (std::ranges::find(kAssetTypes, type) != kAssetTypes.end()) return true;
  const std::string method = text(entry, {"request", "method"});
  if (method == "OPTIONS") return find(entry, {"_preflight"}) != nullptr || type.empty();
  if (method != "GET" || type == "document" || type == "xhr" || type == "fetch") return false;
  if (is_asset_type(lower_case(text(entry, {"response", "content", "mimeType"})))) return true;
  const std::string lower = lower_case(path);
  return std::ranges::any_of(kAssetEndings, [&](std::string_view ending) { return lower.ends_with(ending); });
}

std::string site_of(std::string_view host) {
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
  if (host.starts_with('[')) return std::string(host.substr(0, host.find(']')));
  host = host.substr(0, host.find(':'));
  const auto labels = split(host, '.');
  const bool address = std::ranges::all_of(host, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  // co.uk and com.au are nobody's.
  const bool shared = labels.size() > 2 && labels.back().size() == 2 && labels[labels.size() - 2].size() <= 3;
  const std::size_t count = shared ? 3 : 2;
  if (address || labels.size() <= count) return lower_case(host);
  std::string out;
  for (std::size_t at = labels.size() - count; at < labels.size(); ++at) {
    out += (out.empty() ? "" : ".") + std::string(labels[at]);
  }
  return lower_case(out);
}

bool is_worth_capturing(std::string_view value) {
  static const re2::RE2 kDate(R"(\d{4}-\d\d-\d\d.*|\d{1,2}/\d{1,2}/\d{2,4}|1[5-9]\d{8}(?:\.?\d{3})?|20\d{6})");
  static const re2::RE2 kToken(R"([A-Za-z0-9+/=._~:|!$*-]+)");
  if (value.size() < kMinValueBytes || value.size() > kMaxValueBytes) return false;
  if (!re2::RE2::FullMatch(value, kToken) || re2::RE2::FullMatch(value, kDate) || value.contains("://")) return false;
  const auto any = [&](char low, char high) {
    return std::ranges::any_of(value, [&](char c) { return c >= low && c <= high; });
  };
  if (any('0', '9'))
    return value.find_first_not_of("0123456789.") == std::string_view::npos ? !value.contains('.') : true;
  constexpr std::size_t kLongForAWord = 20;
  return value.size() >= kLongForAWord && any('a', 'z') && any('A', 'Z') && !value.contains('/') &&
         !value.contains('-');
}

void each_seen_value(const Json& entry, std::string_view path, const std::function<void(SeenValue)>& seen) {
  const Json* response = find(entry, {"response"});
  if (response == nullptr) return;
  Values values(path, seen);
  if (const Json* headers = find(*response, {"headers"})) values.headers(*headers);
  std::string body = text(*response, {"content", "text"});
  if (text(*response, {"content", "encoding"}) == "base64") body = base64_decoded(body).value_or("");
  const std::string type = lower_case(text(*response, {"content", "mimeType"}));
  if (type.contains("html")) {
    values.html(body);
  } else if (type.contains("json")) {
    if (const auto json = parse_json(body)) values.json(*json, "", "", "");
  }
}

std::optional<std::string> base64_decoded(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xFFFFFF;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xFF);
  }
  return out;
}

}  // namespace nines::config
