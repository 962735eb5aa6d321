#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <re2/re2.h>

#include "config/module.hpp"
#include "config/names.hpp"

namespace nines::config {
namespace {

constexpr int kRegexMemory = 8 << 20;

constexpr std::pair<std::string_view, IpProtocol> kIpProtocols[] = {{"ip4", IpProtocol::ip4}, {"ip6", IpProtocol::ip6}};

void read_regexes(Context& context, Mapping& map, std::string_view key, std::vector<Regex>& out) {
  map.each(key, [&](const Node& item) {
    const auto pattern = read_text(context, item, "an item of " + in_ticks(key));
    if (!pattern) return;
    auto regex = compile_regex(*pattern);
    if (regex) {
      out.push_back(std::move(*regex));
    } else {
      context.fault(item, std::move(regex.error().message));
    }
  });
}

void read_header_matches(Context& context, Mapping& map, std::string_view key, std::vector<HeaderMatch>& out) {
  map.each(key, [&](const Node& item) {
    Mapping entry(context, item, "an item of " + in_ticks(key));
    HeaderMatch match;
    const bool has_header = entry.required_text("header", match.header);
    if (has_header && !is_http_token(match.header)) {
      context.fault(*entry.find("header"),
                    in_ticks(match.header) + " is no header name: expected one such as Content-Type");
    }
    if (entry.required_text("regexp", match.regexp.pattern)) {
      entry.parsed("regexp", [](const std::string& text) { return compile_regex(text); }, match.regexp);
    }
    entry.boolean("allow_missing", match.allow_missing);
    entry.finish();
    out.push_back(std::move(match));
  });
}

void read_status_codes(Context& context, Mapping& map, HttpModule& module) {
  map.each("valid_status_codes", [&](const Node& item) {
    if (const auto code = read_integer(context, item, "a status code", 100, 999)) {
      module.valid_status_codes.push_back(static_cast<int>(*code));
    }
  });
}

void read_versions(Context& context, Mapping& map, HttpModule& module) {
  constexpr std::array<std::string_view, 3> kVersions = {"HTTP/1.0", "HTTP/1.1", "HTTP/2.0"};
  map.each("valid_http_versions", [&](const Node& item) {
    auto version = read_text(context, item, "an HTTP version");
    if (!version) return;
    if (*version == "HTTP/3.0") {
      context.fault(item, not_available(*version));
    } else if (std::ranges::find(kVersions, *version) == kVersions.end()) {
      context.fault(item, in_ticks(*version) + " is no HTTP version: expected HTTP/1.0, HTTP/1.1 or HTTP/2.0");
    } else {
      module.valid_http_versions.push_back(std::move(*version));
    }
  });
}

void read_method(Context& context, Mapping& map, HttpModule& module) {
  if (map.text("method", module.method) && !is_http_token(module.method)) {
    context.fault(*map.find("method"), in_ticks(module.method) + " is no method: expected one such as GET or POST");
  }
}

void read_redirects(Context& context, Mapping& map, HttpModule& module) {
  map.boolean("follow_redirects", module.follow_redirects);
  bool stay = false;
  if (!map.boolean("no_follow_redirects", stay)) return;
  if (map.find("follow_redirects") != nullptr) {
    context.fault(*map.find("no_follow_redirects"),
                  "`no_follow_redirects` beside `follow_redirects`: expected only `follow_redirects`");
  }
  module.follow_redirects = !stay;
}

void read_body(Context& context, Mapping& map, HttpModule& module) {
  map.text("body", module.body);
  std::string file;
  if (!map.text("body_file", file)) return;
  const Node& at = *map.find("body_file");
  if (map.find("body") != nullptr) {
    context.fault(at, "`body_file` beside `body`: expected one of them");
    return;
  }
  auto text = read_file(resolve_path(at, file), static_cast<std::size_t>(kMaxBody));
  if (text) {
    module.body = std::move(*text);
  } else {
    context.fault(at, std::move(text.error().message));
  }
}

void read_size_limit(Context& context, Mapping& map, HttpModule& module) {
  if (!map.parsed(
          "body_size_limit", [](const std::string& text) { return parse_body_size(text); }, module.body_size_limit)) {
    return;
  }
  if (module.body_size_limit > kMaxBody) {
    context.warnings.add(map.find("body_size_limit")->at(),
                         "`body_size_limit` is over 10000000 bytes: no more are read");
  }
}

// blackbox_exporter refuses a compression that its own request would not accept.
void read_compression(Context& context, Mapping& map, HttpModule& module) {
  constexpr std::pair<std::string_view, std::string_view> kEncodings[] = {
      {"", ""}, {"identity", ""}, {"br", "br"}, {"deflate", "deflate"}, {"gzip", "gzip"}};
  std::string_view encoding;
  if (!map.word("compression", kEncodings, encoding)) return;
  module.compression = encoding;
  for (const auto& [name, value] : module.client.headers) {
    const bool accepts = name.size() == 15 && std::ranges::equal(name, std::string_view("accept-encoding"), {},
                                                                 [](char c) { return static_cast<char>(c | 0x20); });
    if (!accepts || encoding.empty() || value.find(encoding) != std::string::npos ||
        value.find('*') != std::string::npos) {
      continue;
    }
    context.fault(*map.find("compression"), "`compression` is " + in_ticks(encoding) +
                                                ", but the header Accept-Encoding is " + in_ticks(value) +
                                                ": expected it to allow that encoding");
  }
}

}  // namespace

Expected<Regex> compile_regex(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  auto compiled = std::make_shared<const RE2>(pattern, options);
  if (!compiled->ok()) {
    return fail(in_ticks(pattern) + " is no regular expression: " + printable(compiled->error()) +
                ", expected RE2's syntax");
  }
  return Regex{pattern, std::move(compiled)};
}

Expected<std::int64_t> parse_body_size(std::string_view text) {
  const auto wrong = [&] {
    return fail("\"" + ellipsize(printable(text), 80) + "\" is no size: expected one such as 10MB or 512KiB");
  };
  constexpr std::string_view kPrefixes = "KMGTPE";
  std::string_view rest = trim(text);
  if (rest == "0") return 0;
  double total = 0;
  if (rest.empty()) return wrong();
  while (!rest.empty()) {
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789."), rest.size());
    const auto number = Decimal::parse(rest.substr(0, digits));
    if (!number) return wrong();
    rest.remove_prefix(digits);
    const std::size_t power = rest.empty() ? kPrefixes.npos : kPrefixes.find(rest[0]);
    if (power != kPrefixes.npos) rest.remove_prefix(rest.substr(1).starts_with('i') ? 2 : 1);
    if (!rest.starts_with('B')) return wrong();
    rest.remove_prefix(1);
    total += number->to_double() * std::pow(1024.0, power == kPrefixes.npos ? 0 : static_cast<double>(power) + 1);
  }
  if (total > 1e15) return wrong();
  return static_cast<std::int64_t>(total);
}

HttpModule read_http_module(Context& context, const Node& node) {
  Mapping map(context, node, "`http`");
  HttpModule module;
  read_status_codes(context, map, module);
  read_versions(context, map, module);
  map.word("preferred_ip_protocol", kIpProtocols, module.dial.preferred_ip_protocol);
  map.boolean("ip_protocol_fallback", module.dial.ip_protocol_fallback);
  read_method(context, map, module);
  module.client.headers = read_headers(context, map, "headers");
  read_body(context, map, module);
  read_size_limit(context, map, module);
  read_redirects(context, map, module);
  map.boolean("fail_if_ssl", module.fail_if_ssl);
  map.boolean("fail_if_not_ssl", module.fail_if_not_ssl);
  read_regexes(context, map, "fail_if_body_matches_regexp", module.fail_if_body_matches_regexp);
  read_regexes(context, map, "fail_if_body_not_matches_regexp", module.fail_if_body_not_matches_regexp);
  read_header_matches(context, map, "fail_if_header_matches", module.fail_if_header_matches);
  read_header_matches(context, map, "fail_if_header_not_matches", module.fail_if_header_not_matches);
  read_credentials(context, map, module.client);
  if (const Node* tls = map.find("tls_config")) module.client.tls = read_tls(context, *tls);
  read_compression(context, map, module);
  map.unavailable({"oauth2", "proxy_url", "no_proxy", "proxy_from_environment", "proxy_connect_header", "enable_http2",
                   "enable_http3", "skip_resolve_phase_with_proxy", "fail_if_body_json_matches_cel",
                   "fail_if_body_json_not_matches_cel", "http_headers"});
  map.finish();
  return module;
}

}  // namespace nines::config
