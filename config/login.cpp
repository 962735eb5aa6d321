// How a step shows who it is: `basic_auth`, `bearer`, `oauth2`, `aws_sigv4`.

#include "base/credentials.hpp"
#include "config/names.hpp"
#include "config/step.hpp"

namespace nines::config {
namespace {

enum class Grant { client_credentials, password };
constexpr std::pair<std::string_view, Grant> kGrants[] = {{"client_credentials", Grant::client_credentials},
                                                          {"password", Grant::password}};

// A template; {env: NAME} and the like belong in `secrets`, whose values are never expanded again.
bool read_secret_text(Context& context, const Node& node, std::string_view what, Template& out) {
  if (node.is(Node::Kind::mapping)) {
    context.fault(node, std::string(what) +
                            " is a mapping: expected a text such as '{{ name }}', with the name in the " +
                            "`secrets` of the journey");
    return false;
  }
  auto text = read_text(context, node, what);
  if (!text) return false;
  guard_literal(context, node, *text);
  out = std::move(*text);
  return true;
}

void read_secret_text(Context& context, Mapping& map, std::string_view key, Template& out, bool required) {
  if (const Node* node = map.find(key)) {
    read_secret_text(context, *node, in_ticks(key), out);
  } else if (required) {
    map.required_text(key, out);
  }
}

// Required, and not empty.
void read_word(Context& context, Mapping& map, std::string_view key, std::string& out) {
  if (map.required_text(key, out) && out.empty())
    context.fault(*map.find(key), in_ticks(key) + " is empty: expected one");
}

BasicLogin read_basic(Context& context, const Node& node) {
  Mapping map(context, node, "`basic_auth`");
  BasicLogin login;
  map.required_text("username", login.username);
  read_secret_text(context, map, "password", login.password, false);
  map.finish();
  return login;
}

BearerLogin read_bearer(Context& context, const Node& node) {
  BearerLogin login;
  if (read_secret_text(context, node, "`bearer`", login.token) && login.token.empty()) {
    context.fault(node, "`bearer` is empty: expected a token");
  }
  return login;
}

void read_grant(Context& context, Mapping& map, OAuth2Login& login) {
  Grant grant = login.username.empty() ? Grant::client_credentials : Grant::password;
  map.word("grant_type", kGrants, grant);
  const Node* username = map.find("username");
  const Node* password = map.find("password");
  if (grant == Grant::password && (username == nullptr || password == nullptr)) {
    context.fault(map.node(), "the password grant of `oauth2`: expected `username` and `password`");
  } else if (grant == Grant::client_credentials && (username != nullptr || password != nullptr)) {
    context.fault(username != nullptr ? *username : *password,
                  "`username` and `password` beside the grant client_credentials: expected `grant_type: password`");
  } else if (grant == Grant::client_credentials) {
    map.required_text("client_id", login.client_id);
  }
}

OAuth2Login read_oauth(Context& context, const Node& node, const Journey& journey) {
  Mapping map(context, node, "`oauth2`");
  OAuth2Login login;
  if (map.required_text("token_url", login.token_url)) {
    check_url(context, *map.find("token_url"), journey, login.token_url);
  }
  map.text("client_id", login.client_id);
  read_secret_text(context, map, "client_secret", login.client_secret, false);
  map.texts("scopes", login.scopes);
  map.text("username", login.username);
  read_secret_text(context, map, "password", login.password, false);
  read_grant(context, map, login);
  map.finish();
  return login;
}

AwsLogin read_aws(Context& context, const Node& node) {
  Mapping map(context, node, "`aws_sigv4`");
  AwsLogin login;
  map.required_text("access_key", login.access_key);
  read_secret_text(context, map, "secret_key", login.secret_key, true);
  read_secret_text(context, map, "session_token", login.session_token, false);
  read_word(context, map, "region", login.region);
  read_word(context, map, "service", login.service);
  map.finish();
  return login;
}

}  // namespace

void guard_literal(Context& context, const Node& node, const Template& text) {
  if (text.find("{{") != std::string::npos) return;
  context.hidden.insert(&node);
  context.remember(Secret(text));
}

void guard_named(Context& context, const Node& node, std::string_view name, const Template& text) {
  if (names_credentials(name)) guard_literal(context, node, text);
}

void read_login(Context& context, Mapping& map, const Journey& journey, Step& step) {
  std::string_view first;
  for (const std::string_view key : {"basic_auth", "bearer", "oauth2", "aws_sigv4"}) {
    const Node* node = map.find(key);
    if (node == nullptr) continue;
    if (!first.empty()) {
      context.fault(*node, in_ticks(key) + " beside " + in_ticks(first) + ": expected one of them");
      continue;
    }
    first = key;
    if (key == "basic_auth") step.login = read_basic(context, *node);
    if (key == "bearer") step.login = read_bearer(context, *node);
    if (key == "oauth2") step.login = read_oauth(context, *node, journey);
    if (key == "aws_sigv4") step.login = read_aws(context, *node);
  }
  const Node* headers = map.find("headers");
  if (first.empty() || headers == nullptr) return;
  for (const Member& member : headers->members) {
    if (lower_case(member.key->text) != "authorization") continue;
    context.fault(*member.key, "the header `Authorization` beside " + in_ticks(first) + ": expected one of them");
  }
}

}  // namespace nines::config
