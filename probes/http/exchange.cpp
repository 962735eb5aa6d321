#include "probes/http/exchange.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <strings.h>

#include "base/text.hpp"
#include "probes/http/hop.hpp"
#include "probes/http/reuse.hpp"
#include "probes/target_policy.hpp"
#include "probes/tls/material.hpp"

namespace nines::probes {

namespace {

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

// libcurl sends method and headers as they are: a line break would smuggle in another header.
Outcome check(const HttpRequest& request) {
  const auto refuse = [](std::string what) { return Outcome{Reason::http_malformed, std::move(what)}; };
  if (!is_token(request.method)) {
    return refuse(fmt::format("`{}` is not a method; nothing was sent", printable(ellipsize(request.method, 50))));
  }
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) {
      return refuse(fmt::format("`{}` is not a header name; nothing was sent", printable(ellipsize(name, 50))));
    }
    if (!is_field_value(value)) {
      return refuse(fmt::format("the value of header {} has control characters; nothing was sent", name));
    }
  }
  const bool authorization_ok = !request.authorization || (is_token(request.authorization->first) &&
                                                           is_field_value(request.authorization->second.reveal()));
  if (!authorization_ok) return refuse("the authorization has control characters; nothing was sent");
  return {};
}

// The next hop, or nothing when the answer is final: no redirect, or `out.outcome` says why it is not followed.
std::optional<HopRequest> next_hop(const HttpRequest& request, const HopRequest& hop, const Url& first,
                                   HttpExchange& out) {
  if (!is_redirect(out.status)) return {};
  const std::string* location = out.header("location");
  if (location == nullptr || location->empty()) return {};
  ++out.redirects;
  note(request.route.log, "Received redirect", {{"location", *location}});
  out.redirect_left = !request.follow_redirects || out.redirects > request.max_redirects;
  if (out.redirect_left) note(request.route.log, "Not following redirect");
  if (!request.follow_redirects) return {};
  if (out.redirect_left) {
    out.outcome = {Reason::redirect_limit, fmt::format("more than {} redirects, the last from {}; expected an answer",
                                                       request.max_redirects, hop.url.shown())};
    return {};
  }
  auto target = hop.url.resolve(*location);
  if (!target) {
    out.outcome = {Reason::redirect_refused, fmt::format("{} redirects to a place that is not followed: {}",
                                                         hop.url.shown(), target.error().message)};
    return {};
  }
  HopRequest next{.url = std::move(*target),
                  .method = hop.method,
                  .route = hop.route,
                  .same_origin = hop.same_origin,
                  .with_body = hop.with_body};
  // Once left, the first origin gets no credentials even when a redirect leads back to it.
  next.same_origin = hop.same_origin && (next.url.same_origin(first) || next.url.secures(first));
  if (next.url.host() != hop.url.host()) next.route.pinned.reset();
  if (!next.same_origin && next.route.policy == nullptr) next.route.policy = &TargetPolicy::built_in();
  if (out.status <= 303) {
    if (hop.method != "HEAD") next.method = "GET";
    next.with_body = false;
  }
  if (!next.same_origin && next.with_body && next.method != "HEAD" && !request.body.empty()) {
    out.outcome = {Reason::redirect_refused,
                   fmt::format("{} redirects to {}, which would send the request body to another origin; expected an "
                               "answer or a redirect within the origin",
                               hop.url.shown(), next.url.shown())};
    return {};
  }
  return next;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

const std::string* HttpExchange::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return &value;
  }
  return nullptr;
}

namespace {

// One hop over a new connection, or over the one kept from an earlier run. Gives the cookies it ended with.
// NOLINTBEGIN(*-reference-coroutine-parameters): the exchange waits for it
Task<std::vector<std::string>> one_hop(Engine& engine, const HttpRequest& request, const HopRequest& hop,
                                       TlsMaterial material, std::uint64_t start, HttpExchange& out, Stop stop) {
  if (request.reuse == nullptr || !request.proxy.url.empty()) {
    Hop run(engine, request, hop, std::move(material), start);
    co_await run.run(out, stop);
    run.record(out);
    co_return run.cookies();
  }
  ConnectionPool& pool = engine.connections();
  const std::string place =
      fmt::format("{} {} {}:{}", request.reuse_key, hop.url.tls() ? "https" : "http", hop.url.host(), hop.url.port());
  if (auto kept = pool.take(request.reuse, place)) {
    std::vector<std::string> cookies;
    bool open = false;
    bool again = false;
    {
      Hop run(engine, request, hop, material, start, kept.get());
      open = co_await run.run_kept(out, stop);
      if (open) run.record(out);
      again = run.was_kept();
      cookies = run.cookies();
    }
    if (again) pool.put(request.reuse, place, std::move(kept));
    if (open) co_return cookies;
  }
  auto fresh = std::make_unique<KeptConnection>(engine.loop());
  std::vector<std::string> cookies;
  bool keep = false;
  {
    Hop run(engine, request, hop, std::move(material), start, fresh.get());
    co_await run.run(out, stop);
    run.record(out);
    keep = run.was_kept();
    cookies = run.cookies();
  }
  if (keep) pool.put(request.reuse, place, std::move(fresh));
  co_return cookies;
}
// NOLINTEND(*-reference-coroutine-parameters)

void note_timings(ProbeLog* log, const HttpExchange& out) {
  if (log == nullptr) return;
  const auto text = [](Micros time) { return fmt::format("{:.6f}", seconds(time)); };
  note(log, "Response timings until this roundtrip",
       {{"roundtrip", std::to_string(out.redirects)},
        {"resolve", text(out.phases.resolve)},
        {"connect", text(out.phases.connect)},
        {"tls", text(out.phases.tls)},
        {"processing", text(out.phases.processing)},
        {"transfer", text(out.phases.transfer)}});
}

}  // namespace

// NOLINTNEXTLINE(*-reference-coroutine-parameters): the engine outlives its tasks
Task<HttpExchange> exchange(Engine& engine, HttpRequest request, Stop stop) {
  HttpExchange out;
  out.start = engine.options().clock->now();
  if (request.keep_cookies) out.cookies = request.cookies;
  const std::uint64_t start = Loop::now_ns();
  out.outcome = check(request);
  if (!out.outcome.ok()) co_return out;
  auto first = Url::parse(request.url);
  if (!first) {
    out.outcome = {Reason::http_malformed, first.error().message};
    co_return out;
  }
  request.route.expected = "an HTTP answer";
  out.final_url = first->text();
  if (!request.basic_auth && !first->user().empty()) {
    request.basic_auth = config::BasicAuth{.username = first->user(), .password = Secret(first->password())};
  }
  const auto origin = first->with_host(first->host());
  if (!origin) {
    out.outcome = {Reason::http_malformed, origin.error().message};
    co_return out;
  }
  std::optional<HopRequest> hop = HopRequest{
      .url = std::move(*first), .method = request.method, .route = request.route, .cookies = request.cookies};
  while (true) {
    TlsMaterial material;
    if (hop->url.tls()) {
      const std::uint64_t before = Loop::now_ns();
      auto loaded = co_await engine.tls_materials().get(request.tls, stop);
      out.agent_time += Micros((Loop::now_ns() - before) / 1'000);
      if (!loaded) {
        out.outcome = material_failure(loaded.error(), hop->url.host(), stop);
        break;
      }
      material = std::move(*loaded);
    }
    std::vector<std::string> cookies = co_await one_hop(engine, request, *hop, std::move(material), start, out, stop);
    note_timings(request.route.log, out);
    if (request.keep_cookies) out.cookies = cookies;
    if (!out.outcome.ok()) break;
    auto next = next_hop(request, *hop, *origin, out);
    if (!next) break;
    next->cookies = std::move(cookies);
    hop = std::move(next);
  }
  out.duration = Micros((Loop::now_ns() - start) / 1'000) - out.agent_time;
  co_return out;
}

}  // namespace nines::probes
