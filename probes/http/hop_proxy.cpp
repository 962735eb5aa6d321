// A hop that goes by a proxy.

#include <algorithm>
#include <string>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include "base/text.hpp"
#include "probes/http/handles.hpp"
#include "probes/http/hop.hpp"
#include "probes/target_policy.hpp"
#include "probes/tls/material.hpp"
#include "probes/tls/record.hpp"

namespace nines::probes {

namespace {

std::string bracketed(const IpAddress& address) {
  IpAddress plain = address;
  plain.scope = 0;
  return plain.family == 4 ? plain.text() : "[" + plain.text() + "]";
}

// libcurl makes the proxy's SSL_CTX first, then the target's: each is verified in its own way.
CURLcode on_two_contexts(CURL*, void* ssl_context, void* argument) {
  auto* context = static_cast<SSL_CTX*>(ssl_context);
  auto& [material, seen, old_versions, record] = *static_cast<TwoContexts*>(argument);
  if (!std::exchange(seen, true)) {
    use_material(context, material);
    return CURLE_OK;
  }
  SSL_CTX_set_app_data(context, record);
  watch_handshakes(context, record->material, old_versions);
  return CURLE_OK;
}

}  // namespace

// NOLINTBEGIN(*-reference-coroutine-parameters): the exchange that owns it waits for this hop

// The address the proxy is to be asked for; none when the proxy looks the name up itself.
Task<bool> Hop::locate_target(HttpExchange& out, std::optional<IpAddress>& at, Stop stop) {
  const std::string& host = hop_.url.host();
  if (request_.proxy_resolves) {
    const auto literal = IpAddress::parse(host);
    const std::vector<IpAddress> known = literal ? std::vector{*literal} : std::vector<IpAddress>{};
    auto why = hop_.route.policy != nullptr ? hop_.route.policy->refusal(host, known) : std::nullopt;
    if (why) out.outcome = {Reason::address_denied, std::move(*why)};
    co_return !why;
  }
  Located located = co_await locate(engine_, host, hop_.route, exchange_start_ns_, stop);
  out.phases.resolve += located.resolve;
  if (!located.outcome.ok()) {
    out.outcome = std::move(located.outcome);
    co_return false;
  }
  at = located.addresses.front();
  if (!out.ip) out.ip = at;
  co_return true;
}

Task<bool> Hop::connect_to_proxy(HttpExchange& out, Stop stop) {
  auto proxy = parse_proxy(request_.proxy.url);
  if (!proxy) {
    out.outcome = {Reason::proxy_failure, proxy.error().message};
    co_return false;
  }
  std::optional<IpAddress> target;
  const bool located = co_await locate_target(out, target, stop);
  if (!located) co_return false;
  if (target && bypasses_proxy(request_.proxy.no_proxy, target->text(), hop_.url.port())) {
    Route route = hop_.route;
    route.pinned = target;
    co_return co_await connect_to_target(out, std::move(route), stop);
  }
  // The proxy is the configuration's own: no policy on targets judges it, and it has its own addresses.
  Route route;
  route.resolver = hop_.route.resolver;
  route.dial.source_ip_address = hop_.route.dial.source_ip_address;
  route.expected = "a connection to the proxy";
  Connected made = co_await connect_tcp(engine_, proxy->host, proxy->port, route, exchange_start_ns_, stop);
  ready_ns_ = made.ready_ns;
  out.phases.connect += made.resolve + made.connect;
  out.addresses = std::move(made.tried);
  if (!made.socket) {
    out.outcome = std::move(made.outcome);
    out.outcome.message = fmt::format("the proxy {}: {}", proxy->text(), out.outcome.message);
    co_return false;
  }
  out.address = made.address.with_port(proxy->port);
  opener_.socket = std::move(made.socket);
  proxy_ = std::move(*proxy);
  set_up_proxy(made.address, target);
  if (proxy_->kind == ProxyAddress::Kind::https) co_await set_up_proxy_tls(out, stop);
  co_return out.outcome.ok();
}

// The module's `tls_config` is for the proxy too, as with Go's client, but for the name, which is the proxy's own.
Task<void> Hop::set_up_proxy_tls(HttpExchange& out, Stop stop) {
  CURL* easy = handles_->easy;
  if (!hop_.url.tls()) {  // else the exchange has it already
    const std::uint64_t before = Loop::now_ns();
    auto loaded = co_await engine_.tls_materials().get(request_.tls, stop);
    ready_ns_ = Loop::now_ns();
    out.agent_time += Micros((ready_ns_ - before) / 1'000);
    if (!loaded) {
      out.outcome = material_failure(loaded.error(), proxy_->text(), stop);
      co_return;
    }
    tls_.material = std::move(*loaded);
  }
  const long verified = request_.tls.insecure_skip_verify ? 0 : 1;
  handles_->contexts = {tls_.material, false, wants_old_versions(request_.tls), &tls_};
  curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, verified);
  curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 2 * verified);
  curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);     // as set_up_tls()
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);  // a session that is resumed is not verified
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &on_two_contexts);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &handles_->contexts);
}

// NOLINTEND(*-reference-coroutine-parameters)

void Hop::set_up_proxy(const IpAddress& proxy_at, const std::optional<IpAddress>& target) {
  CURL* easy = handles_->easy;
  const ProxyAddress& proxy = *proxy_;
  const config::Proxy& asked = request_.proxy;
  const bool secure = proxy.kind == ProxyAddress::Kind::https;
  const bool socks = proxy.kind == ProxyAddress::Kind::socks5;
  // An https:// proxy is named, for its certificate; its address comes from a cache of our own. All others are not.
  const bool named = secure && !IpAddress::parse(proxy.host);
  const std::string scheme = socks ? "socks5h" : secure ? "https" : "http";
  const std::string url = fmt::format("{}://{}:{}", scheme, named ? proxy.host : bracketed(proxy_at), proxy.port);
  curl_easy_setopt(easy, CURLOPT_PROXY, url.c_str());
  if (!asked.username.empty() || !asked.password.empty()) {
    curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, asked.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, asked.password.reveal().c_str());
    curl_easy_setopt(easy, CURLOPT_PROXYAUTH, CURLAUTH_BASIC);
  }
  const bool tunnel = hop_.url.tls() && !socks;
  curl_easy_setopt(easy, CURLOPT_HEADEROPT, static_cast<long>(tunnel ? CURLHEADER_SEPARATE : CURLHEADER_UNIFIED));
  if (tunnel) {
    for (const auto& [name, value] : asked.connect_headers) {
      const std::string line = value.empty() ? name + ";" : name + ": " + value.reveal();
      handles_->proxy_headers = curl_slist_append(handles_->proxy_headers, line.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_PROXYHEADER, handles_->proxy_headers);
  }
  if (target && (socks || hop_.url.tls())) use_address(*target);
  if (target && !socks && !hop_.url.tls()) ask_proxy_by_address(*target);
  if (!named) return;
  handles_->names = curl_share_init();
  curl_share_setopt(handles_->names, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  curl_easy_setopt(easy, CURLOPT_SHARE, handles_->names);
  const std::string pin = fmt::format("{}:{}:{}", proxy.host, proxy.port, bracketed(proxy_at));
  handles_->resolve = curl_slist_append(nullptr, pin.c_str());
  curl_easy_setopt(easy, CURLOPT_RESOLVE, handles_->resolve);
}

// In the clear a proxy is told the URL itself: the address stands in it, the name in the Host header.
void Hop::ask_proxy_by_address(const IpAddress& target) {
  auto url = hop_.url.with_host(target.text());
  if (!url) return;
  tls_url_ = std::move(*url);
  curl_easy_setopt(handles_->easy, CURLOPT_CURLU, tls_url_->handle());
  const bool own_host = hop_.same_origin && std::ranges::any_of(request_.headers, [](const auto& header) {
                          return same_name(header.first, "host");
                        });
  if (!own_host) add_header("Host", hop_.url.authority());
}

// Whether what is said now is said by the target: the proxy has opened the tunnel, or needs none.
bool Hop::tunnelled() const {
  if (!proxy_ || tls_.start_ns != 0 || reception_.first_byte_ns != 0) return true;
  return !hop_.url.tls() && proxy_->kind == ProxyAddress::Kind::http;
}

Outcome Hop::proxy_fault(int code, const HttpExchange& out) const {
  long answer = 0;
  curl_easy_getinfo(handles_->easy, CURLINFO_HTTP_CONNECTCODE, &answer);
  const std::string at = fmt::format("the proxy {} at {}", proxy_->text(), out.address);
  const std::string place = fmt::format("{}:{}", hop_.url.host(), hop_.url.port());
  if (answer != 0 && (answer < 200 || answer > 299)) {
    return {Reason::proxy_failure, fmt::format("{} answered {} to CONNECT for {}; expected 200", at, answer, place)};
  }
  std::string text = error_text_.data();
  if (text.empty()) text = curl_easy_strerror(static_cast<CURLcode>(code));
  return {Reason::proxy_failure,
          fmt::format("{} opened no way to {}: {}; expected it to", at, place, printable(ellipsize(text, 200)))};
}

}  // namespace nines::probes
