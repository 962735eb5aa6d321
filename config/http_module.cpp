#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <re2/re2.h>

#include "config/module.hpp"
#include "config/names.hpp"
#include "config/schedule.hpp"

namespace nines::config {
namespace {

constexpr int kRegexMemory = 8 << 20;

// Under the 300 KB at which libcurl ends a transfer by itself.
constexpr std::int64_t kMaxHeaders = 256 << 10;

void read_header_matches(Context& context, Mapping& map, std::string_view key, std::vector<HeaderMatch>& out) {
  map.each(key, [&](const Node& item) {
    Mapping entry(context, item, "an item of " + in_ticks(key));
    HeaderMatch match;
    const bool has_header = entry.required_text("header", match.header);
    if (has_header && !is_http_token(match.header)) {
      context.fault(*entry.find("header"),
                    in_ticks(match.header) + " is no header name: expected one such as Content-Type");
    }
    std::string pattern;
    entry.text("regexp", pattern);
    if (entry.find("regexp") == nullptr || (pattern.empty() && entry.find("regexp")->is(Node::Kind::scalar))) {
      context.fault(item, "regexp must be set for HTTP header matchers: expected `regexp`");
    } else if (!pattern.empty()) {
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
  constexpr std::array<std::string_view, 4> kVersions = {"HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3.0"};
  map.each("valid_http_versions", [&](const Node& item) {
    auto version = read_text(context, item, "an HTTP version");
    if (!version) return;
    if (std::ranges::find(kVersions, *version) == kVersions.end()) {
      context.flaw(item, in_ticks(*version) + " is no HTTP version: expected HTTP/1.0, HTTP/1.1 or HTTP/2.0");
      return;
    }
    if (*version == "HTTP/3.0") {
      context.cannot(item, "HTTP/3 is not available in this version of nines: expected HTTP/1.0, HTTP/1.1 or HTTP/2.0");
    }
    module.valid_http_versions.push_back(std::move(*version));
  });
}

// The rules are blackbox_exporter's.
void read_http3(Context& context, Mapping& map, HttpModule& module) {
  map.boolean("enable_http2", module.enable_http2);
  bool enable_http3 = false;
  if (!map.boolean("enable_http3", enable_http3) || !enable_http3) return;
  const Node& at = *map.find("enable_http3");
  if (module.enable_http2) context.fault(at, "`enable_http3` is true: enable_http2 must be set to false beside it");
  if (std::ranges::any_of(module.valid_http_versions, [](const std::string& v) { return v != "HTTP/3.0"; })) {
    context.fault(at,
                  "`enable_http3` is true and `valid_http_versions` has others: HTTP/3 and HTTP/2.0/1.1 cannot be used "
                  "together");
  }
  context.cannot(at, "HTTP/3 is not available in this version of nines: expected `enable_http3: false`");
}

void read_method(Context& context, Mapping& map, HttpModule& module) {
  map.text("method", module.method);
  if (module.method.empty()) module.method = "GET";
  if (!is_http_token(module.method)) {
    context.flaw(*map.find("method"), in_ticks(module.method) + " is no method: expected one such as GET or POST");
  }
}

void read_redirects(Context& context, Mapping& map, HttpModule& module) {
  map.boolean("follow_redirects", module.follow_redirects);
  bool stay = false;
  if (!map.boolean("no_follow_redirects", stay)) return;
  if (map.find("follow_redirects") != nullptr) {
    context.warnings.add(map.find("no_follow_redirects")->at(),
                         "`no_follow_redirects` beside `follow_redirects`: the first, which is older, decides");
  }
  module.follow_redirects = !stay;
}

void read_body(Context& context, Mapping& map, HttpModule& module) {
  map.text("body", module.body);
  guard_sent(context, map.find("body"), module.body);
  std::string file;
  if (!map.text("body_file", file) || file.empty()) return;
  const Node& at = *map.find("body_file");
  if (!module.body.empty()) {
    context.fault(at, "`body_file` beside `body`: expected one, as setting body and body_file both are not allowed");
    return;
  }
  auto text = read_file(resolve_path(at, file), static_cast<std::size_t>(kMaxBody));
  if (text) {
    module.body = std::move(*text);
  } else {
    context.flaw(at, std::move(text.error().message));
  }
}

void read_size_limits(Context& context, Mapping& map, HttpModule& module) {
  const auto size = [](const std::string& text) { return parse_body_size(text); };
  map.parsed("body_size_limit", size, module.body_size_limit);
  map.parsed("header_size_limit", size, module.header_size_limit);
  if (module.header_size_limit > kMaxHeaders) {
    context.fault(*map.find("header_size_limit"), "`header_size_limit` is over 256KB: expected at most that");
  }
}

void read_compression(Context& context, Mapping& map, HttpModule& module) {
  constexpr std::pair<std::string_view, std::string_view> kEncodings[] = {
      {"", ""}, {"identity", "identity"}, {"br", "br"}, {"deflate", "deflate"}, {"gzip", "gzip"}};
  std::string_view encoding;
  if (!map.word("compression", kEncodings, encoding)) return;
  module.compression = encoding;
  for (const auto& [name, value] : module.client.headers) {
    const bool about = name.size() == 15 && std::ranges::equal(name, std::string_view("accept-encoding"), {},
                                                               [](char c) { return static_cast<char>(c | 0x20); });
    if (!about || accepts_encoding(value, encoding)) continue;
    context.fault(*map.find("compression"), "invalid configuration \"" + name + ": " + printable(value) +
                                                "\", \"compression: " + module.compression +
                                                "\": expected a header that accepts that encoding");
  }
}

void read_json_rules(Context& context, Mapping& map, HttpModule& module) {
  const auto programs = [&](std::string_view key, std::vector<JqProgram>& out) {
    map.each(key, [&](const Node& item) {
      if (auto program = read_jq(context, item, "an item of " + in_ticks(key))) out.push_back(std::move(*program));
    });
  };
  programs("fail_if_body_json_matches_jq", module.fail_if_body_json_matches_jq);
  programs("fail_if_body_json_not_matches_jq", module.fail_if_body_json_not_matches_jq);
  for (const std::string_view key : {"fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"}) {
    const Node* node = map.find(key);
    if (node == nullptr) continue;
    const std::string instead = std::string(key.substr(0, key.size() - 3)) + "jq";
    context.cannot(*node, in_ticks(key) + " is not available in nines, which has no CEL: expected " +
                              in_ticks(instead) +
                              " with jq programs, such as .foo.bar == \"qux\" for body.foo.bar == 'qux'");
  }
}

// libcurl 7.88 opens a new connection for each HTTP/2 request without TLS.
void read_connection(Context& context, Mapping& map, HttpModule& module) {
  constexpr std::pair<std::string_view, Connection> kConnections[] = {{"fresh", Connection::fresh},
                                                                      {"reuse", Connection::reuse}};
  if (!map.word("connection", kConnections, module.connection) || module.connection == Connection::fresh) return;
  if (module.fail_if_ssl && only_http2(module)) {
    context.fault(*map.find("connection"),
                  "`connection: reuse` is not available for HTTP/2 without TLS: expected `fresh`, or another of "
                  "`valid_http_versions`");
  }
}

}  // namespace

Expected<Regex> compile_regex(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  auto compiled = std::make_shared<const RE2>(pattern, options);
  if (!compiled->ok()) {
    return fail("Could not compile regular expression " + in_ticks(pattern) + ": " + printable(compiled->error()) +
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

void read_regexes(Context& context, Mapping& map, std::string_view key, std::vector<Regex>& out, bool when_probing) {
  map.each(key, [&](const Node& item) {
    const auto pattern = read_text(context, item, "an item of " + in_ticks(key));
    if (!pattern) return;
    auto regex = compile_regex(*pattern);
    if (regex) {
      out.push_back(std::move(*regex));
    } else {
      when_probing ? context.flaw(item, std::move(regex.error().message))
                   : context.fault(item, std::move(regex.error().message));
    }
  });
}

bool only_http2(const HttpModule& module) {
  const auto& versions = module.valid_http_versions;
  return !versions.empty() && std::ranges::all_of(versions, [](const std::string& v) { return v == "HTTP/2.0"; });
}

HttpModule read_http_module(Context& context, const Node& node) {
  Mapping map(context, node, "`http`");
  HttpModule module;
  read_status_codes(context, map, module);
  read_versions(context, map, module);
  read_http3(context, map, module);
  read_dial(context, map, module.dial);
  read_method(context, map, module);
  module.client.headers = read_headers(context, map, "headers");
  read_body(context, map, module);
  read_size_limits(context, map, module);
  read_redirects(context, map, module);
  map.boolean("skip_resolve_phase_with_proxy", module.skip_resolve_phase_with_proxy);
  map.boolean("fail_if_ssl", module.fail_if_ssl);
  map.boolean("fail_if_not_ssl", module.fail_if_not_ssl);
  read_regexes(context, map, "fail_if_body_matches_regexp", module.fail_if_body_matches_regexp);
  read_regexes(context, map, "fail_if_body_not_matches_regexp", module.fail_if_body_not_matches_regexp);
  read_json_rules(context, map, module);
  read_header_matches(context, map, "fail_if_header_matches", module.fail_if_header_matches);
  read_header_matches(context, map, "fail_if_header_not_matches", module.fail_if_header_not_matches);
  read_compression(context, map, module);
  read_http_client(context, map, module.client);
  read_connection(context, map, module);
  map.finish();
  return module;
}

}  // namespace nines::config
