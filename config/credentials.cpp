// What a request shows of itself: headers, credentials, TLS.

#include <algorithm>
#include <array>

#include "config/module.hpp"
#include "config/names.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

constexpr std::size_t kMaxPemBytes = 1u << 20;

constexpr std::array<std::string_view, 6> kSecretHeaders = {"authorization", "proxy-authorization", "cookie",
                                                            "x-api-key",     "x-auth-token",        "private-token"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

// A literal credential; templates are made of secrets that are remembered themselves.
void remember_header(Context& context, std::string_view name, std::string_view value) {
  if (std::ranges::find(kSecretHeaders, lower(name)) == kSecretHeaders.end() || value.find("{{") != value.npos) return;
  const std::size_t blank = value.find(' ');  // "Bearer TOKEN": the token alone is the secret
  context.remember(Secret(std::string(blank == value.npos ? value : trim(value.substr(blank)))));
}

// The secret of `key`, or of the file that `key`_file names.
bool read_secret_or_file(Context& context, Mapping& map, std::string_view key, std::string_view file_key, Secret& out) {
  const bool has_value = map.secret(key, out);
  std::string path;
  if (!map.text(file_key, path)) return has_value;
  const Node& at = *map.find(file_key);
  if (map.find(key) != nullptr) {
    context.fault(at, in_ticks(file_key) + " beside " + in_ticks(key) + ": expected one of them");
    return has_value;
  }
  auto text = read_file(resolve_path(at, path), kMaxSecretBytes);
  if (!text) {
    context.fault(at, std::move(text.error().message));
    return false;
  }
  out = Secret(std::string(trim(*text)));  // as blackbox_exporter trims it
  context.remember(out);
  return true;
}

void read_basic_auth(Context& context, const Node& node, HttpClient& module) {
  Mapping map(context, node, "`basic_auth`");
  BasicAuth auth;
  map.text("username", auth.username);
  read_secret_or_file(context, map, "password", "password_file", auth.password);
  map.unavailable({"username_file", "username_ref", "password_ref"});
  map.finish();
  module.basic_auth = std::move(auth);
}

void read_authorization(Context& context, const Node& node, HttpClient& module) {
  Mapping map(context, node, "`authorization`");
  if (map.text("type", module.authorization_type)) {
    const Node& at = *map.find("type");
    if (lower(module.authorization_type) == "basic") {
      context.fault(at, "the authorization type is basic: expected `basic_auth` for that");
    } else if (!is_http_token(module.authorization_type)) {
      context.fault(at, in_ticks(module.authorization_type) + " is no authorization type: expected one such as Bearer");
    }
  }
  Secret credentials;
  if (read_secret_or_file(context, map, "credentials", "credentials_file", credentials)) {
    module.authorization_credentials = std::move(credentials);
  } else if (map.find("credentials") == nullptr && map.find("credentials_file") == nullptr) {
    context.fault(node, "`authorization` has no `credentials`: expected them or `credentials_file`");
  }
  map.unavailable({"credentials_ref"});
  map.finish();
}

void read_path(Context& context, Mapping& map, std::string_view key, std::string& out) {
  std::string path;
  if (!map.text(key, path) || path.empty()) return;
  const Node& at = *map.find(key);
  std::error_code error;
  out = std::filesystem::absolute(resolve_path(at, path), error).string();
  if (const auto text = read_file(out, kMaxPemBytes); !text) context.fault(at, text.error().message);
}

constexpr std::pair<std::string_view, std::string_view> kTlsVersions[] = {
    {"TLS10", "TLS10"}, {"TLS11", "TLS11"}, {"TLS12", "TLS12"}, {"TLS13", "TLS13"}};

void read_tls_version(Mapping& map, std::string_view key, std::string& out) {
  std::string_view version;
  if (map.word(key, kTlsVersions, version)) out = version;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> read_headers(Context& context, Mapping& map, std::string_view key) {
  std::vector<std::pair<std::string, std::string>> headers;
  map.members(key, [&](const std::string& name, const Node& at, const Node& node) {
    if (!is_http_token(name)) context.fault(at, in_ticks(name) + " is no header name: expected one such as Accept");
    auto value = read_text(context, node, "the header " + in_ticks(name));
    if (!value) return;
    if (!is_printable(*value)) {
      context.fault(node, "the header " + in_ticks(name) + " holds a control character: expected one line of text");
    }
    remember_header(context, name, *value);
    headers.emplace_back(name, std::move(*value));
  });
  return headers;
}

void read_credentials(Context& context, Mapping& map, HttpClient& module) {
  if (const Node* node = map.find("basic_auth")) read_basic_auth(context, *node, module);
  if (const Node* node = map.find("authorization")) read_authorization(context, *node, module);
  Secret token;
  if (read_secret_or_file(context, map, "bearer_token", "bearer_token_file", token)) {
    module.authorization_credentials = std::move(token);
  }
  const Node* first = nullptr;
  for (const std::string_view key : {"basic_auth", "authorization", "bearer_token", "bearer_token_file"}) {
    const Node* node = map.find(key);
    if (node == nullptr) continue;
    const bool same = key == "bearer_token_file" && map.find("bearer_token") != nullptr;  // told already
    if (first != nullptr && !same) {
      context.fault(*node, in_ticks(key) + " beside other credentials at " + place(first->at()) +
                               ": expected one of basic_auth, authorization and bearer_token");
    }
    if (first == nullptr) first = node;
  }
}

TlsConfig read_tls(Context& context, const Node& node) {
  Mapping map(context, node, "`tls_config`");
  TlsConfig tls;
  if (map.boolean("insecure_skip_verify", tls.insecure_skip_verify) && tls.insecure_skip_verify) {
    context.warnings.add(map.find("insecure_skip_verify")->at(),
                         "`insecure_skip_verify` is true: certificates are not verified here");
  }
  read_path(context, map, "ca_file", tls.ca_file);
  read_path(context, map, "cert_file", tls.cert_file);
  read_path(context, map, "key_file", tls.key_file);
  map.text("server_name", tls.server_name);
  read_tls_version(map, "min_version", tls.min_version);
  read_tls_version(map, "max_version", tls.max_version);
  const bool has_certificate = map.find("cert_file") != nullptr;
  if (has_certificate != (map.find("key_file") != nullptr)) {
    context.fault(node,
                  std::string(has_certificate ? "`cert_file` without `key_file`" : "`key_file` without `cert_file`") +
                      ": expected both or neither");
  }
  if (!tls.min_version.empty() && !tls.max_version.empty() && tls.min_version > tls.max_version) {
    context.fault(*map.find("max_version"),
                  "`max_version` is below `min_version`: expected at least " + tls.min_version);
  }
  map.unavailable({"ca", "cert", "key", "ca_ref", "cert_ref", "key_ref"});
  map.finish();
  return tls;
}

}  // namespace nines::config
