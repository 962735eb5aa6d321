#include "probes/http/hop.hpp"

#include <algorithm>
#include <span>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/credentials.hpp"
#include "base/text.hpp"
#include "probes/async/curl_multi.hpp"
#include "probes/http/handles.hpp"
#include "probes/net/connect.hpp"
#include "probes/target_policy.hpp"

namespace nines::probes {

namespace {

// Seconds: a kept connection may be idle for as long as checks are apart.
constexpr long kForever = 365L * 24 * 3600;

Micros between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? Micros((to_ns - from_ns) / 1'000) : Micros(0);
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* reception) {
  return static_cast<Reception*>(reception)->header_line({data, size}) ? size : 0;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* reception) {
  return static_cast<Reception*>(reception)->body_data({data, size}) ? size : CURL_WRITEFUNC_ERROR;
}

bool offers(const std::vector<std::string>& versions, std::string_view version) {
  return std::ranges::any_of(versions, [&](std::string_view v) {
    if (v.starts_with("HTTP/")) v.remove_prefix(5);
    return v == version || (version == "2" && v == "2.0");
  });
}

long curl_version(const std::vector<std::string>& versions, bool tls) {
  const bool two = versions.empty() || offers(versions, "2");
  const bool one = versions.empty() || offers(versions, "1.1");
  if (two && (one || versions.empty())) return CURL_HTTP_VERSION_2TLS;
  if (two) return tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  return one ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_1_0;
}

bool has_header(const Headers& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const auto& header) { return same_name(header.first, name); });
}

bool is_for_origin(const HttpRequest& request, std::string_view name) {
  return names_credentials(name) || same_name(name, "host") ||
         std::ranges::any_of(request.secret_headers, [&](const auto& secret) { return same_name(secret, name); });
}

bool is_about_body(std::string_view name) {
  return name.size() > 8 && same_name(name.substr(0, 8), "content-");
}

}  // namespace

Hop::Hop(Engine& engine, const HttpRequest& request, const HopRequest& hop, TlsMaterial material,
         std::uint64_t exchange_start_ns, KeptConnection* kept)
    : engine_(engine),
      request_(request),
      hop_(hop),
      exchange_start_ns_(exchange_start_ns),
      kept_(kept),
      tls_(kept != nullptr ? kept->tls : own_tls_) {
  tls_.material = std::move(material);
  start_ns_ = Loop::now_ns();
  start_ = engine_.options().clock->now();
}

Hop::~Hop() = default;

void Hop::clear(HttpExchange& out) {
  before_ = out.phases;
  out.status = 0;
  out.version.clear();
  out.headers.clear();
  out.trailers.clear();
  out.body.clear();
  out.body_bytes = 0;
  out.content_length = -1;
  out.complete_headers = false;
  out.addresses.clear();
  out.address.clear();
  out.reused = false;
  out.tls = hop_.url.tls();
  out.tls_facts.reset();
  out.final_url = hop_.url.text();
}

// NOLINTBEGIN(*-reference-coroutine-parameters): the exchange that owns it waits for this hop

Task<void> Hop::run(HttpExchange& out, Stop stop) {
  clear(out);
  if (out.outcome = prepare(); !out.outcome.ok()) co_return;
  note(hop_.route.log, "Making HTTP request", {{"url", hop_.url.text()}, {"host", hop_.url.authority()}});
  const bool connected = co_await connect(out, stop);
  if (!connected) co_return;
  CurlMulti& curl = kept_ != nullptr ? kept_->curl : engine_.curl();
  const std::optional<int> code = co_await curl.perform(handles_->easy, stop);
  finish(out, code, stop);
  if (out.outcome.ok()) keep(out);
}

// What libcurl sends as a request's head; that of a tunnel comes before it, and is the proxy's.
int Hop::on_debug(void*, int kind, char* data, std::size_t size, void* hop) {
  if (kind == CURLINFO_HEADER_OUT) static_cast<Hop*>(hop)->sent_head_.assign(data, size);
  return 0;
}

void Hop::record(const HttpExchange& out) const {
  Recording* const into = request_.trace.recording;
  if (into == nullptr) return;
  Exchanged one;
  one.span_id = span_id_;
  one.sampled = request_.trace.sampled;
  one.start = start_;
  one.duration = between(start_ns_, Loop::now_ns());
  one.method = hop_.method;
  one.url = hop_.url.text();
  one.address = out.address;
  one.status = out.status;
  one.version = out.version;
  one.outcome = out.outcome;
  one.answer_bytes = out.body_bytes;
  for (const auto field : kPhaseFields) one.phases.*field = out.phases.*field - before_.*field;
  if (into->texts) {
    one.head = sent_head_;
    std::erase(one.head, '\r');
    if (hop_.with_body) one.sent = into->shown_body.empty() ? request_.body : into->shown_body;
    for (const auto& [name, value] : out.headers) one.answer_head += fmt::format("{}: {}\n", name, value);
    one.answer = out.body;
  }
  into->add(std::move(one));
}

Task<bool> Hop::run_kept(HttpExchange& out, Stop stop) {
  clear(out);
  if (out.outcome = prepare(); !out.outcome.ok()) co_return true;
  if (hop_.route.policy != nullptr && kept_->ip) {
    if (auto why = hop_.route.policy->refusal(hop_.url.host(), std::span(&*kept_->ip, 1))) {
      out.outcome = {Reason::address_denied, std::move(*why)};
      co_return true;
    }
  }
  note(hop_.route.log, "Making HTTP request",
       {{"url", hop_.url.text()}, {"host", hop_.url.authority()}, {"connection", "kept"}});
  handles_->connect_to = curl_slist_append(nullptr, kept_->connect_to.c_str());
  curl_easy_setopt(handles_->easy, CURLOPT_CONNECT_TO, handles_->connect_to);
  out.address = kept_->address;
  out.reused = true;
  ready_ns_ = Loop::now_ns();
  // There is no handshake: it ended before it began.
  if (hop_.url.tls()) tls_.start_ns = tls_.end_ns = ready_ns_;
  const std::optional<int> code = co_await kept_->curl.perform(handles_->easy, stop);
  const bool lost = code && *code != CURLE_OK && opener_.asked_in_vain && reception_.first_byte_ns == 0;
  if (lost && may_be_sent_again()) co_return false;
  if (!out.ip) out.ip = kept_->ip;
  finish(out, code, stop);
  if (lost) {
    out.outcome =
        fault(Reason::http_empty, out, "the connection was closed without an answer; expected an HTTP answer");
  }
  if (out.outcome.ok()) was_kept_ = true;
  co_return true;
}

// NOLINTEND(*-reference-coroutine-parameters)

// RFC 9110, 9.2.2: what the server may have read is sent once, unless twice is the same.
bool Hop::may_be_sent_again() const {
  constexpr std::string_view kIdempotent[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  long sent = 0;
  curl_easy_getinfo(handles_->easy, CURLINFO_REQUEST_SIZE, &sent);
  return sent == 0 || std::ranges::find(kIdempotent, hop_.method) != std::end(kIdempotent);
}

std::vector<std::string> Hop::cookies() const {
  std::vector<std::string> out;
  curl_slist* list = nullptr;
  if (!handles_ || !(reception_.leads_on || request_.keep_cookies)) return out;
  if (curl_easy_getinfo(handles_->easy, CURLINFO_COOKIELIST, &list) != CURLE_OK) return out;
  for (const curl_slist* item = list; item != nullptr; item = item->next) out.emplace_back(item->data);
  curl_slist_free_all(list);
  return out;
}

Outcome Hop::prepare() {
  handles_ = std::make_unique<Handles>();
  if (handles_->easy == nullptr) return {Reason::agent_memory, "libcurl could not make a handle"};
  reception_.max_body_bytes = request_.max_body_bytes;
  reception_.max_kept_bytes = request_.max_kept_bytes;
  if (request_.max_header_bytes > 0) reception_.max_header_bytes = static_cast<std::size_t>(request_.max_header_bytes);
  reception_.decoder = Decoder::make(request_.compression);
  reception_.follows = request_.follow_redirects;
  const std::string& name = request_.tls.server_name;
  if (hop_.url.tls() && hop_.same_origin && !name.empty() && !same_name(name, hop_.url.host())) {
    auto renamed = hop_.url.with_host(name);
    if (!renamed) return {Reason::http_malformed, renamed.error().message};
    tls_url_ = std::move(*renamed);
  }
  set_options();
  set_headers();
  tls_.host = tls_url_ ? tls_url_->host() : hop_.url.host();
  if (hop_.url.tls()) set_up_tls(handles_->easy, request_.tls, tls_);
  return {};
}

void Hop::set_options() {
  CURL* easy = handles_->easy;
  const Url& url = tls_url_ ? *tls_url_ : hop_.url;
  curl_easy_setopt(easy, CURLOPT_CURLU, url.handle());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  const bool fresh = kept_ == nullptr;
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, fresh ? 1L : 0L);
  if (!fresh) curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kForever);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, curl_version(request_.http_versions, hop_.url.tls()));
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Hop::open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &opener_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reception_);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reception_);
  curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");  // no file: cookies are taken, and forgotten with the handle
  if (request_.trace.recording != nullptr && request_.trace.recording->texts) {
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &Hop::on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, this);
  }
  for (const std::string& cookie : hop_.cookies) curl_easy_setopt(easy, CURLOPT_COOKIELIST, cookie.c_str());
  const std::string& method = hop_.method;
  if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  const bool takes_body = method == "POST" || method == "PUT" || method == "PATCH";
  if (hop_.with_body && (takes_body || !request_.body.empty())) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
    if (method != "POST") curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  } else if (method != "GET") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
}

// `Name;` is how curl takes an empty value; `Name:` removes a header of its own.
void Hop::add_header(const std::string& name, const std::string& value) {
  const std::string line = value.empty() ? name + ";" : name + ": " + value;
  handles_->headers = curl_slist_append(handles_->headers, line.c_str());
}

void Hop::set_headers() {
  const Headers& given = request_.headers;
  std::string cookies;
  for (const auto& [name, value] : given) {
    if (!hop_.same_origin && is_for_origin(request_, name)) continue;
    if (!hop_.with_body && is_about_body(name)) continue;
    if (same_name(name, "cookie")) {
      cookies += (cookies.empty() ? "" : "; ") + value;
    } else {
      add_header(name, value);
    }
  }
  // Thus libcurl sends them in one header with those it has itself.
  if (!cookies.empty()) curl_easy_setopt(handles_->easy, CURLOPT_COOKIE, cookies.c_str());
  if (!request_.compression.empty() && !has_header(given, "accept-encoding")) {
    add_header("Accept-Encoding", request_.compression);
  }
  if (!has_header(given, "user-agent")) add_header("User-Agent", engine_.options().user_agent);
  if (!request_.trace.trace_id.empty() && !has_header(given, "traceparent")) {
    add_header("traceparent", make_traceparent(request_.trace.trace_id, span_id_, request_.trace.sampled));
  }
  if (!request_.trace.correlation_id.empty() && !has_header(given, "x-correlation-id")) {
    add_header("X-Correlation-ID", request_.trace.correlation_id);
  }
  if (tls_url_ && !has_header(given, "host")) add_header("Host", hop_.url.authority());
  if (hop_.same_origin && !has_header(given, "authorization")) {
    if (request_.authorization) {
      add_header("Authorization", request_.authorization->first + " " + request_.authorization->second.reveal());
    } else if (request_.basic_auth) {
      add_header("Authorization", "Basic " + base64_encode(request_.basic_auth->username + ":" +
                                                           request_.basic_auth->password.reveal()));
    }
  }
  handles_->headers = curl_slist_append(handles_->headers, "Expect:");
  if (!has_header(given, "content-type")) {
    handles_->headers = curl_slist_append(handles_->headers, "Content-Type:");
  }
  curl_easy_setopt(handles_->easy, CURLOPT_HTTPHEADER, handles_->headers);
}

void Hop::finish(HttpExchange& out, std::optional<int> code, Stop stop) {
  add_phases(out.phases, Loop::now_ns());
  if (code == CURLE_OK && reception_.end == Reception::End::none && reception_.headers_complete) reception_.body_end();
  out.status = reception_.status;
  out.version = std::move(reception_.version);
  out.headers = std::move(reception_.headers);
  out.trailers = std::move(reception_.trailers);
  out.body = std::move(reception_.body);
  out.body_bytes = reception_.body_bytes;
  out.content_length = reception_.content_length;
  out.complete_headers = reception_.headers_complete;
  if (tls_.start_ns != 0) out.tls_facts = tls_.facts;
  out.outcome = judge(out, code, stop);
  take_length(out);
}

// As Go's client sees it: answers that have no body are 0 long, and chunks have no length.
void Hop::take_length(HttpExchange& out) const {
  if (!out.complete_headers || hop_.method == "HEAD") return;
  const bool bodiless = out.status < 200 || out.status == 204 || out.status == 304;
  const bool empty_stream = out.version == "2" && out.content_length < 0 && reception_.wire_bytes == 0;
  if (bodiless || empty_stream) {
    out.content_length = 0;
  } else if (const std::string* coding = out.header("transfer-encoding"); coding != nullptr) {
    out.content_length = -1;
  }
}

// What did not come to its end has lasted until now.
void Hop::add_phases(Phases& phases, std::uint64_t end_ns) const {
  std::uint64_t ready = ready_ns_;
  if (tls_.start_ns != 0) {
    if (proxy_) phases.connect += between(ready, tls_.start_ns);  // the tunnel
    const std::uint64_t tls_end = tls_.end_ns != 0 ? tls_.end_ns : end_ns;
    phases.tls += between(tls_.start_ns, tls_end);
    if (tls_.end_ns == 0) return;
    ready = tls_end;
  } else if (proxy_ && hop_.url.tls()) {
    phases.connect += between(ready, end_ns);
    return;
  }
  const std::uint64_t first = reception_.first_byte_ns != 0 ? reception_.first_byte_ns : end_ns;
  phases.processing += between(ready, first);
  phases.transfer += between(first, end_ns);
}

}  // namespace nines::probes
