// What a request says of whom it is from: headers, basic_auth, authorization, bearer tokens.

#include "base/credentials.hpp"

#include <algorithm>
#include <array>

#include "config/module.hpp"
#include "config/names.hpp"
#include "config/utf8.hpp"
#include "config/variables.hpp"

namespace nines::config {
namespace {

// What Prometheus's client refuses in http_headers.
constexpr std::array<std::string_view, 18> kReservedHeaders = {"authorization",
                                                               "host",
                                                               "content-encoding",
                                                               "content-length",
                                                               "content-type",
                                                               "user-agent",
                                                               "connection",
                                                               "keep-alive",
                                                               "proxy-authenticate",
                                                               "proxy-authorization",
                                                               "www-authenticate",
                                                               "accept-encoding",
                                                               "x-prometheus-remote-write-version",
                                                               "x-prometheus-remote-read-version",
                                                               "x-prometheus-scrape-timeout-seconds",
                                                               "x-amz-date",
                                                               "x-amz-security-token",
                                                               "x-amz-content-sha256"};

void read_basic_auth(Context& context, const Node& node, HttpClient& client) {
  Mapping map(context, node, "`basic_auth`");
  BasicAuth auth;
  map.text("username", auth.username);
  std::string path;
  if (map.text("username_file", path)) {
    const Node& at = *map.find("username_file");
    auto text = read_file(resolve_path(at, path), kMaxSecretBytes);
    if (map.given("username")) {
      context.fault(at,
                    "`username_file` beside `username`: expected one, as at most one of basic_auth username & "
                    "username_file must be configured");
    } else if (text) {
      auth.username = trim(*text);
    } else {
      context.flaw(at, std::move(text.error().message));
    }
  }
  read_secret_or_file(context, map, "password", "password_file", auth.password);
  map.unavailable({"username_ref", "password_ref"});
  map.finish();
  client.basic_auth = std::move(auth);
}

void read_authorization(Context& context, const Node& node, HttpClient& client) {
  Mapping map(context, node, "`authorization`");
  if (map.text("type", client.authorization_type)) {
    const Node& at = *map.find("type");
    client.authorization_type = trim(client.authorization_type);
    if (client.authorization_type.empty()) client.authorization_type = "Bearer";
    if (lower_case(client.authorization_type) == "basic") {
      context.fault(at, "the authorization type is basic: expected `basic_auth` for that");
    } else if (!is_http_token(client.authorization_type)) {
      // What follows the type may be the credentials themselves.
      const std::string type = client.authorization_type.substr(0, client.authorization_type.find_first_of(" \t"));
      context.fault(at, in_ticks(is_http_token(type) ? type + " …" : "…") +
                            " is no authorization type: expected one word such as Bearer, and the rest in "
                            "`credentials`");
    }
  }
  Secret credentials;
  if (!read_secret_or_file(context, map, "credentials", "credentials_file", credentials) &&
      map.find("credentials") == nullptr && map.find("credentials_file") == nullptr) {
    context.warnings.add(node.at(), "`authorization` has no `credentials`: its header is sent without");
  }
  client.authorization_credentials = std::move(credentials);
  map.unavailable({"credentials_ref"});
  map.finish();
}

void read_header_values(Context& context, const Node& node, const std::string& name, HttpClient& client) {
  const auto keep = [&](const Node& item, std::string value) {
    if (!is_printable(value)) {
      context.fault(item, "the header " + in_ticks(name) + " holds a control character: expected one line of text");
    }
    client.headers.emplace_back(name, std::move(value));
  };
  Mapping map(context, node, "the header " + in_ticks(name));
  map.each("values", [&](const Node& item) {
    auto value = read_text(context, item, "an item of `values`");
    if (!value) return;
    guard_value(context, item, name, *value);
    keep(item, std::move(*value));
  });
  map.each("secrets", [&](const Node& item) {
    if (auto value = read_secret(context, item, "an item of `secrets`")) keep(item, value->reveal());
  });
  map.each("files", [&](const Node& item) {
    const auto path = read_text(context, item, "an item of `files`");
    if (!path) return;
    auto text = read_file(resolve_path(item, *path), kMaxSecretBytes);
    if (!text) return context.flaw(item, std::move(text.error().message));
    std::string value(trim(*text));
    context.remember(Secret(value));
    keep(item, std::move(value));
  });
  if (map.given("secrets") || map.given("files")) client.secret_headers.push_back(name);
  map.finish();
}

bool is_named_secret(std::string_view variable) {
  const std::string name = lower_case(variable);
  return names_credentials(name) || name.contains("pass") || name.contains("key") || name == "pw" ||
         name.ends_with("_pw");
}

}  // namespace

void guard_value(Context& context, const Node& node, std::string_view name, std::string_view value) {
  // Templates are made of secrets that are remembered themselves.
  if (!names_credentials(name) || value.find("{{") != value.npos) return;
  context.hidden.insert(&node);
  const std::size_t blank = value.find(' ');  // "Bearer TOKEN": the token alone is the secret
  context.remember(Secret(std::string(blank == value.npos ? value : trim(value.substr(blank)))));
}

void guard_sent(Context& context, const Node* node, std::string_view value) {
  constexpr std::array<std::string_view, 5> kLogins = {"pass", "auth", "login", "authenticate", "oper"};
  if (node == nullptr || !node->is(Node::Kind::scalar)) return;
  if (!node->source->exporter && node->text.find("${") != std::string::npos) {
    const Environment noted = [&](const std::string& name) {
      auto found = context.environment(name);
      // Of any other, such as a region's name, all that is logged would be blanked out.
      if (found && is_named_secret(name)) context.remember(Secret(*found));
      context.hidden.insert(node);
      return found;
    };
    [[maybe_unused]] const auto told = expand_variables(node->text, noted);  // its fault was, where it was read
  }
  const std::size_t blank = value.find(' ');
  const std::string word = lower_case(value.substr(0, blank));
  if (blank == value.npos || std::ranges::find(kLogins, word) == kLogins.end()) return;
  context.hidden.insert(node);
  context.remember(Secret(std::string(trim(value.substr(blank)))));
}

bool read_secret_or_file(Context& context, Mapping& map, std::string_view key, std::string_view file_key, Secret& out) {
  const bool has_value = map.secret(key, out);
  std::string path;
  if (!map.text(file_key, path) || path.empty()) return has_value;
  const Node& at = *map.find(file_key);
  if (map.given(key)) {
    context.fault(at, in_ticks(file_key) + " beside " + in_ticks(key) + ": expected one, as at most one of " +
                          std::string(key) + " & " + std::string(file_key) + " must be configured");
    return has_value;
  }
  auto text = read_file(resolve_path(at, path), kMaxSecretBytes);
  if (!text) {
    context.flaw(at, std::move(text.error().message));
    return false;
  }
  out = Secret(std::string(trim(*text)));  // as blackbox_exporter trims it
  context.remember(out);
  return true;
}

std::vector<std::pair<std::string, std::string>> read_headers(Context& context, Mapping& map, std::string_view key) {
  std::vector<std::pair<std::string, std::string>> headers;
  map.members(key, [&](const std::string& name, const Node& at, const Node& node) {
    if (!is_http_token(name)) context.flaw(at, in_ticks(name) + " is no header name: expected one such as Accept");
    const bool nothing = node.is(Node::Kind::null) && node.source->exporter;
    auto value = nothing ? std::optional(std::string()) : read_text(context, node, "the header " + in_ticks(name));
    if (!value) return;
    if (!is_printable(*value)) {
      context.fault(node, "the header " + in_ticks(name) + " holds a control character: expected one line of text");
    }
    guard_value(context, node, name, *value);
    headers.emplace_back(name, std::move(*value));
  });
  return headers;
}

void read_header_sources(Context& context, Mapping& map, std::string_view key, HttpClient& client) {
  map.members(key, [&](const std::string& name, const Node& at, const Node& node) {
    if (!is_http_token(name)) {
      context.fault(at, in_ticks(name) + " is no header name: expected one such as Accept");
    } else if (key == "http_headers" &&
               std::ranges::find(kReservedHeaders, lower_case(name)) != kReservedHeaders.end()) {
      context.fault(at,
                    "setting header " + in_ticks(name) + " is not allowed in `http_headers`: expected it in `headers`");
    }
    read_header_values(context, node, name, client);
  });
}

void read_credentials(Context& context, Mapping& map, HttpClient& client) {
  if (const Node* node = map.find("basic_auth")) read_basic_auth(context, *node, client);
  if (const Node* node = map.find("authorization")) read_authorization(context, *node, client);
  if (const Node* node = map.find("oauth2")) client.oauth2 = read_oauth2(context, *node);
  Secret token;
  if (read_secret_or_file(context, map, "bearer_token", "bearer_token_file", token)) {
    client.authorization_credentials = std::move(token);
  }
  const Node* first = nullptr;
  for (const std::string_view key : {"basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"}) {
    if (!map.given(key)) continue;
    const Node& node = *map.find(key);
    const bool same = key == "bearer_token_file" && map.given("bearer_token");  // told already
    if (first != nullptr && !same) {
      context.fault(node, in_ticks(key) + " beside other credentials at " + place(first->at()) +
                              ": expected one, as at most one of basic_auth, authorization, oauth2, bearer_token & "
                              "bearer_token_file must be configured");
    }
    if (first == nullptr) first = &node;
  }
}

}  // namespace nines::config
