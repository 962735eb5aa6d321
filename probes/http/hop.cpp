#include "probes/http/hop.hpp"

#include <algorithm>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/credentials.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "probes/async/curl_multi.hpp"
#include "probes/net/connect.hpp"

namespace nines::probes {

struct Hop::Handles {
  CURL* easy = curl_easy_init();
  curl_slist* headers = nullptr;
  curl_slist* connect_to = nullptr;

  Handles() = default;
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  ~Handles() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    curl_slist_free_all(connect_to);
  }
};

namespace {

Micros between(std::uint64_t from_ns, std::uint64_t to_ns) {
  return to_ns > from_ns ? Micros((to_ns - from_ns) / 1'000) : Micros(0);
}

std::size_t on_header(char* data, std::size_t, std::size_t size, void* reception) {
  return static_cast<Reception*>(reception)->header_line({data, size}) ? size : 0;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* reception) {
  return static_cast<Reception*>(reception)->body_data({data, size}) ? size : CURL_WRITEFUNC_ERROR;
}

// Gives curl the connection made; a second one is never wanted.
curl_socket_t on_open_socket(void* socket, curlsocktype, curl_sockaddr*) {
  const int fd = static_cast<Socket*>(socket)->release();
  return fd < 0 ? CURL_SOCKET_BAD : fd;
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

bool is_for_origin(std::string_view name) {
  return names_credentials(name) || same_name(name, "host");
}

bool is_about_body(std::string_view name) {
  return name.size() > 8 && same_name(name.substr(0, 8), "content-");
}

}  // namespace

Hop::Hop(Engine& engine, const HttpRequest& request, const HopRequest& hop, TlsMaterial material,
         std::uint64_t exchange_start_ns)
    : engine_(engine), request_(request), hop_(hop), exchange_start_ns_(exchange_start_ns) {
  tls_.material = std::move(material);
}

Hop::~Hop() = default;

// NOLINTNEXTLINE(*-reference-coroutine-parameters): the exchange that owns it waits for this hop
Task<void> Hop::run(HttpExchange& out, Stop stop) {
  out.status = 0;
  out.version.clear();
  out.headers.clear();
  out.trailers.clear();
  out.body.clear();
  out.content_length = -1;
  out.addresses.clear();
  out.address.clear();
  out.ip.reset();
  out.tls = hop_.url.tls();
  out.tls_facts.reset();
  out.final_url = hop_.url.text();

  if (out.outcome = prepare(); !out.outcome.ok()) co_return;
  if (!co_await connect(out, stop)) co_return;
  const std::optional<int> code = co_await engine_.curl().perform(handles_->easy, stop);
  finish(out, code, stop);
}

// NOLINTNEXTLINE(*-reference-coroutine-parameters): as above
Task<bool> Hop::connect(HttpExchange& out, Stop stop) {
  Connected made =
      co_await connect_tcp(engine_, hop_.url.host(), hop_.url.port(), hop_.route, exchange_start_ns_, stop);
  ready_ns_ = made.ready_ns;
  out.phases.resolve += made.resolve;
  out.phases.connect += made.connect;
  out.addresses = std::move(made.tried);
  if (!made.socket) {
    out.outcome = std::move(made.outcome);
    co_return false;
  }
  out.address = made.address.with_port(hop_.url.port());
  out.ip = made.address;
  socket_ = std::move(made.socket);
  IpAddress plain = made.address;
  plain.scope = 0;  // libcurl would look up an address with a zone, on a thread
  const std::string to = plain.family == 4 ? "::" + plain.text() + ":" : "::[" + plain.text() + "]:";
  handles_->connect_to = curl_slist_append(nullptr, to.c_str());
  curl_easy_setopt(handles_->easy, CURLOPT_CONNECT_TO, handles_->connect_to);
  co_return true;
}

Outcome Hop::prepare() {
  handles_ = std::make_unique<Handles>();
  if (handles_->easy == nullptr) return {Reason::agent_memory, "libcurl could not make a handle"};
  reception_.max_body_bytes = request_.max_body_bytes;
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
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, curl_version(request_.http_versions, hop_.url.tls()));
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &on_open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &socket_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &reception_);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &reception_);
  if (!request_.compression.empty()) {
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, request_.compression.c_str());
  }
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
  for (const auto& [name, value] : given) {
    if (!hop_.same_origin && is_for_origin(name)) continue;
    if (!hop_.with_body && is_about_body(name)) continue;
    add_header(name, value);
  }
  if (!has_header(given, "user-agent")) add_header("User-Agent", engine_.options().user_agent);
  if (!request_.trace.trace_id.empty() && !has_header(given, "traceparent")) {
    add_header("traceparent", make_traceparent(request_.trace.trace_id, make_span_id()));
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
  out.status = reception_.status;
  out.version = std::move(reception_.version);
  out.headers = std::move(reception_.headers);
  out.trailers = std::move(reception_.trailers);
  out.body = std::move(reception_.body);
  out.content_length = reception_.content_length;
  if (tls_.start_ns != 0) out.tls_facts = std::move(tls_.facts);
  out.outcome = judge(out, code, stop);
}

// What did not come to its end has lasted until now.
void Hop::add_phases(Phases& phases, std::uint64_t end_ns) const {
  std::uint64_t ready = ready_ns_;
  if (tls_.start_ns != 0) {
    const std::uint64_t tls_end = tls_.end_ns != 0 ? tls_.end_ns : end_ns;
    phases.tls += between(tls_.start_ns, tls_end);
    if (tls_.end_ns == 0) return;
    ready = tls_end;
  }
  const std::uint64_t first = reception_.first_byte_ns != 0 ? reception_.first_byte_ns : end_ns;
  phases.processing += between(ready, first);
  phases.transfer += between(first, end_ns);
}

}  // namespace nines::probes
