#include "probes/oauth2.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "probes/async/event.hpp"
#include "probes/http/exchange.hpp"
#include "probes/http/url.hpp"

namespace nines::probes {

struct AccessTokens::Entry {
  enum class Last { none, good, failed, stopped };
  AccessToken token;
  std::uint64_t good_until_ns = 0;  // 0: there is none
  bool in_body = false;             // what the server takes: the client's name in the body
  bool fetching = false;
  Last last = Last::none;  // how the last fetch ended; `token.outcome` says why it failed
  std::list<Event*> waiting;
};

namespace {

constexpr std::uint64_t kMarginNs = 10'000'000'000;
constexpr std::int64_t kYear = 31'536'000;  // seconds

// application/x-www-form-urlencoded, as RFC 6749 wants names and values in the body and in the Basic header.
std::string form_encode(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", c);
    }
  }
  return out;
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

std::string form(const Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    out += (out.empty() ? "" : "&") + form_encode(name) + "=" + form_encode(value);
  }
  return out;
}

std::string key_of(const config::OAuth2& config) {
  std::string key;
  const auto add = [&](std::string_view part) { key += fmt::format("{}:{}", part.size(), part); };
  for (const std::string* part :
       {&config.client_id, &config.client_secret.reveal(), &config.token_url, &config.tls.ca_file, &config.tls.ca,
        &config.tls.cert_file, &config.tls.cert, &config.tls.key_file, &config.tls.server_name, &config.proxy.url,
        &config.proxy.username}) {
    add(*part);
  }
  add(config.tls.insecure_skip_verify ? "1" : "0");
  for (const std::string& scope : config.scopes) add(scope);
  add("");
  for (const auto& [name, value] : config.endpoint_params) {
    add(name);
    add(value);
  }
  return key;
}

HttpRequest make_request(const config::OAuth2& config, Route route, bool in_body) {
  HttpRequest request;
  request.method = "POST";
  request.url = config.token_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  request.max_body_bytes = AccessTokens::kMaxAnswer;
  // The token's URL is the configuration's own: no policy on targets judges it.
  request.route = std::move(route);
  request.route.policy = nullptr;
  request.route.pinned.reset();
  request.tls = config.tls;
  request.proxy = config.proxy;
  Parameters parameters;
  const bool own_type =
      std::ranges::any_of(config.endpoint_params, [](const auto& p) { return p.first == "grant_type"; });
  if (!own_type) parameters.emplace_back("grant_type", "client_credentials");
  if (!config.scopes.empty()) parameters.emplace_back("scope", fmt::format("{}", fmt::join(config.scopes, " ")));
  parameters.insert(parameters.end(), config.endpoint_params.begin(), config.endpoint_params.end());
  if (in_body) {
    parameters.emplace_back("client_id", config.client_id);
    if (!config.client_secret.empty()) parameters.emplace_back("client_secret", config.client_secret.reveal());
  } else {
    request.basic_auth = config::BasicAuth{.username = form_encode(config.client_id),
                                           .password = Secret(form_encode(config.client_secret.reveal()))};
  }
  request.body = form(parameters);
  return request;
}

// RFC 6749, 5.2: "invalid_client", when it is such a word and not what was sent.
std::string error_word(const HttpExchange& answer, const config::OAuth2& config) {
  const auto json = parse_json(answer.body);
  if (!json || !json->is_object() || !json->contains("error") || !(*json)["error"].is_string()) return {};
  const auto word = (*json)["error"].get<std::string>();
  const bool plain = !word.empty() && word.size() <= 40 &&
                     std::ranges::all_of(word, [](unsigned char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  const auto holds = [&](const std::string& sent) { return !sent.empty() && word.find(sent) != word.npos; };
  if (!plain || holds(config.client_secret.reveal())) return {};
  for (const auto& [name, value] : config.endpoint_params) {
    if (name == "password" && holds(value)) return {};
  }
  return " (" + word + ")";
}

std::optional<std::int64_t> seconds_in(const Json& value) {
  if (value.is_number_float()) return static_cast<std::int64_t>(std::clamp(value.get<double>(), 0.0, kYear * 1.0));
  if (value.is_number_unsigned())
    return static_cast<std::int64_t>(std::min<std::uint64_t>(value.get<std::uint64_t>(), kYear));
  if (value.is_number()) return value.get<std::int64_t>();
  if (!value.is_string()) return {};
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

// Go's clients write the type as these do, whatever the server's case.
std::string type_word(const std::string& type) {
  if (type.empty() || same_name(type, "bearer")) return "Bearer";
  if (same_name(type, "mac")) return "MAC";
  if (same_name(type, "basic")) return "Basic";
  return type;
}

// For sentences and the log. What is no URL is not shown: it may hold a password anywhere.
std::string shown_url(const std::string& text) {
  const auto url = Url::parse(text);
  return url ? url->shown() : "token_url";
}

struct Fetched {
  AccessToken token;
  std::optional<std::int64_t> expires_in;  // seconds; none: the server does not say
  int status = 0;
};

Fetched read(const HttpExchange& answer, const config::OAuth2& config) {
  Fetched out;
  out.status = answer.status;
  const std::string where =
      "no access token from " + shown_url(answer.final_url.empty() ? config.token_url : answer.final_url);
  const auto refuse = [&](std::string_view what) {
    out.token.outcome = {Reason::oauth2_token, fmt::format("{}: {}", where, what)};
    return out;
  };
  if (is_agent_fault(answer.outcome.reason)) {
    out.token.outcome = answer.outcome;
    return out;
  }
  if (!answer.outcome.ok()) return refuse(answer.outcome.message);
  if (answer.status < 200 || answer.status > 299) {
    return refuse(fmt::format("answered {}{}; expected 200", answer.status, error_word(answer, config)));
  }
  auto json = parse_json(answer.body);
  if (!json || !json->is_object()) return refuse("the answer is no JSON object; expected one with access_token");
  const auto text = [&](const char* name) {
    const auto found = json->find(name);
    return found != json->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const std::string value = text("access_token");
  const std::string type = type_word(text("token_type"));
  const auto printable_ascii = [](std::string_view s) {
    return std::ranges::all_of(s, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  };
  if (value.empty()) return refuse("the answer has no access_token; expected one");
  if (!printable_ascii(value)) {
    return refuse("the token has characters that no header can carry; expected printable ones");
  }
  if (!is_token(type)) return refuse("the token_type is no word that a header can carry; expected one such as Bearer");
  out.token.type = type;
  out.token.value = Secret(value);
  if (const auto found = json->find("expires_in"); found != json->end()) out.expires_in = seconds_in(*found);
  return out;
}

// NOLINTNEXTLINE(*-reference-coroutine-parameters): get() waits for it
Task<Fetched> fetch(Engine& engine, const config::OAuth2& config, Route route, bool& in_body, Stop stop) {
  const HttpExchange first = co_await exchange(engine, make_request(config, route, in_body), stop);
  Fetched out = read(first, config);
  const bool refused = first.outcome.ok() && (out.status == 400 || out.status == 401);
  if (out.token.outcome.ok() || !refused) co_return out;
  const HttpExchange second = co_await exchange(engine, make_request(config, std::move(route), !in_body), stop);
  Fetched other = read(second, config);
  if (other.token.outcome.ok()) {
    in_body = !in_body;
    co_return other;
  }
  co_return out;
}

}  // namespace

// NOLINTNEXTLINE(*-reference-coroutine-parameters): the engine outlives its tasks
Task<AccessToken> AccessTokens::get(Engine& engine, const config::OAuth2& config, Route route, Stop stop) {
  const std::uint64_t began = Loop::now_ns();
  const std::string key = key_of(config);
  if (entries_.size() >= kMaxKept && !entries_.contains(key)) {
    std::erase_if(entries_, [](const auto& item) { return !item.second->fetching; });
  }
  auto& slot = entries_[key];
  if (!slot) slot = std::make_shared<Entry>();
  const std::shared_ptr<Entry> entry = slot;
  while (true) {
    if (Loop::now_ns() < entry->good_until_ns) {
      AccessToken token = entry->token;
      token.kept = true;
      co_return token;
    }
    if (!entry->fetching) break;
    Event done(engine.loop());
    const auto place = entry->waiting.insert(entry->waiting.end(), &done);
    const StopCause cause = co_await done.wait(stop);
    entry->waiting.erase(place);
    if (cause != StopCause::none) {
      co_return AccessToken{.outcome =
                                stop_outcome(cause, Reason::oauth2_token,
                                             fmt::format("no access token from {} within {}; expected one",
                                                         shown_url(config.token_url), budget_text(stop, began)))};
    }
    if (entry->last == Entry::Last::good || entry->last == Entry::Last::failed) co_return entry->token;
  }
  entry->fetching = true;
  note(route.log, "Fetching an access token", {{"url", shown_url(config.token_url)}});
  Fetched fetched = co_await fetch(engine, config, std::move(route), entry->in_body, stop);
  entry->fetching = false;
  entry->good_until_ns = 0;
  entry->token = fetched.token;
  if (fetched.token.outcome.ok()) {
    entry->last = Entry::Last::good;
    // A year is for ever; a server that says nothing means it.
    const std::int64_t lasts = std::clamp<std::int64_t>(fetched.expires_in.value_or(kYear), 0, kYear);
    const std::uint64_t lasts_ns = static_cast<std::uint64_t>(lasts) * 1'000'000'000;
    if (lasts_ns > kMarginNs) entry->good_until_ns = Loop::now_ns() + lasts_ns - kMarginNs;
  } else {
    entry->last = stop.stopped() ? Entry::Last::stopped : Entry::Last::failed;
  }
  for (Event* waiting : entry->waiting) waiting->set();
  co_return std::move(fetched.token);
}

void AccessTokens::drop(const config::OAuth2& config) {
  const auto found = entries_.find(key_of(config));
  if (found != entries_.end()) found->second->good_until_ns = 0;
}

}  // namespace nines::probes
