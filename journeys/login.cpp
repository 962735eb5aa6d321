#include "journeys/login.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "journeys/aws_signature.hpp"
#include "journeys/request.hpp"
#include "probes/oauth2.hpp"

namespace nines::journeys {
namespace {

using probes::Stop;
using probes::Task;

// Expands the templates of one login; the first that cannot be is kept.
class Texts {
 public:
  explicit Texts(const Context& run) : run_(run) {}

  std::string text(const char* what, const config::Template& source) {
    auto value = run_.variables.text(source);
    if (!value) {
      note(what, value.error().message);
      return {};
    }
    if (has_control(*value)) note(what, "it has a control character");
    return std::move(*value);
  }
  Outcome outcome() const { return fault_; }

 private:
  void note(const char* what, const std::string& why) {
    if (fault_.ok()) fault_ = {Reason::capture, fmt::format("not sent: the login's {}: {}", what, why)};
  }

  const Context& run_;
  Outcome fault_;
};

Outcome with_basic(Context& run, const config::BasicLogin& login, probes::HttpRequest& request) {
  Texts texts(run);
  config::BasicAuth auth{.username = texts.text("username", login.username),
                         .password = Secret(texts.text("password", login.password))};
  run.masks.credential(auth.password.reveal());
  // RFC 7617, 2: the server would take what follows the first colon for the password.
  if (auth.username.contains(':') && texts.outcome().ok()) {
    return {Reason::capture, "not sent: the login's username has a colon, which Basic cannot carry"};
  }
  request.basic_auth = std::move(auth);
  return texts.outcome();
}

Outcome with_bearer(Context& run, const config::BearerLogin& login, probes::HttpRequest& request) {
  Texts texts(run);
  Secret token(texts.text("token", login.token));
  run.masks.credential(token.reveal());
  request.authorization.emplace("Bearer", std::move(token));
  return texts.outcome();
}

Outcome with_aws(Context& run, const config::AwsLogin& login, probes::HttpRequest& request) {
  Texts texts(run);
  const AwsKeys keys{.access_key = texts.text("access key", login.access_key),
                     .secret_key = Secret(texts.text("secret key", login.secret_key)),
                     .session_token = Secret(texts.text("session token", login.session_token)),
                     .region = login.region,
                     .service = login.service};
  run.masks.credential(keys.secret_key.reveal());
  run.masks.credential(keys.session_token.reveal());
  if (!texts.outcome().ok()) return texts.outcome();
  const auto is_authorization = [](const auto& header) { return probes::same_name(header.first, "authorization"); };
  std::erase_if(request.headers, is_authorization);
  if (const auto made = sign_aws(request, keys, run.engine.options().clock->now()); !made) {
    return {Reason::capture, "not sent: " + made.error().message};
  }
  return {};
}

config::OAuth2 token_request(const Context& run, const config::OAuth2Login& login, Texts& texts) {
  config::OAuth2 oauth2{.client_id = texts.text("client_id", login.client_id),
                        .client_secret = Secret(texts.text("client_secret", login.client_secret)),
                        .scopes = login.scopes,
                        .token_url = {},
                        .endpoint_params = {},
                        .tls = run.journey->tls,
                        .proxy = {}};
  const auto url = run.variables.url(login.token_url);
  oauth2.token_url = joined_url(run.journey->base_url, url ? *url : std::string());
  if (!url) texts.text("token_url", login.token_url);
  if (!login.username.empty()) {
    oauth2.endpoint_params = {{"grant_type", "password"},
                              {"username", texts.text("username", login.username)},
                              {"password", texts.text("password", login.password)}};
  }
  return oauth2;
}

Task<LoggedIn> with_oauth2(Context* run, const config::OAuth2Login* login, probes::HttpRequest* request, Stop stop) {
  Texts texts(*run);
  LoggedIn done{.outcome = {}, .token_of = token_request(*run, *login, texts)};
  for (const auto& [name, value] : done.token_of->endpoint_params) {
    if (name == "password") run->masks.credential(value);
  }
  run->masks.credential(done.token_of->client_secret.reveal());
  done.outcome = texts.outcome();
  if (!done.outcome.ok()) co_return done;
  probes::AccessToken token = co_await run->engine.tokens().get(run->engine, *done.token_of, request->route, stop);
  done.outcome = std::move(token.outcome);
  done.token_kept = token.kept;
  run->masks.credential(token.value.reveal());
  request->authorization.emplace(std::move(token.type), std::move(token.value));
  co_return done;
}

}  // namespace

Task<LoggedIn> log_in(Context* run, const config::Step* step, probes::HttpRequest* request, Stop stop) {
  if (const auto* oauth2 = std::get_if<config::OAuth2Login>(&step->login)) {
    co_return co_await with_oauth2(run, oauth2, request, stop);
  }
  LoggedIn done;
  if (const auto* basic = std::get_if<config::BasicLogin>(&step->login)) {
    done.outcome = with_basic(*run, *basic, *request);
  } else if (const auto* bearer = std::get_if<config::BearerLogin>(&step->login)) {
    done.outcome = with_bearer(*run, *bearer, *request);
  } else if (const auto* aws = std::get_if<config::AwsLogin>(&step->login)) {
    done.outcome = with_aws(*run, *aws, *request);
  }
  co_return done;
}

}  // namespace nines::journeys
