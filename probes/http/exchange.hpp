#pragma once

// One HTTP request and its answer, without judgement: what checks (probes/http) and journeys' steps are built on.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/outcome.hpp"
#include "config/modules.hpp"
#include "probes/async/dialer.hpp"
#include "probes/engine.hpp"
#include "probes/net/connect.hpp"
#include "probes/probe.hpp"

namespace nines::probes {

using Headers = std::vector<std::pair<std::string, std::string>>;

bool same_name(std::string_view a, std::string_view b);  // of headers: ASCII, case-insensitive
bool is_token(std::string_view text);                    // RFC 9110, 5.6.2: a method, a header's name
bool is_redirect(int status);                            // 301, 302, 303, 307, 308

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https, absolute; anything else is an outcome http_malformed … see Outcome
  Headers headers;
  std::vector<std::string> secret_headers;  // names of headers that stay with the first origin as credentials do
  std::string body;
  bool follow_redirects = true;
  int max_redirects = 10;
  std::int64_t max_body_bytes = config::kMaxBody;  // decoded; over it: body_too_large; 0: no limit
  std::int64_t max_kept_bytes = config::kMaxBody;  // the rest of the body is counted only
  std::int64_t max_header_bytes = 0;               // all header lines of an answer; 0: kMaxHeaderBytes
  // gzip, deflate or br: the body is decoded as that, whatever its Content-Encoding says, and is http_encoding if it is
  // something else; Accept-Encoding asks for it unless `headers` do. identity: asked for; empty: not even that.
  std::string compression;
  Route route;  // of the first hop; later ones look the new host up the same way
  config::TlsConfig tls;
  config::Proxy proxy;          // `url` empty: none
  bool proxy_resolves = false;  // the target's name is given to the proxy as it is
  // The connection is kept open for the next request of the same owner and key, and taken from there (probes/http/
  // reuse.hpp). No owner, or a proxy: it is a fresh one, and closed.
  std::shared_ptr<const void> reuse;
  std::string reuse_key;
  std::vector<std::string> http_versions;                       // offered; empty: h2 and 1.1 over TLS, 1.1 in the clear
  std::optional<config::BasicAuth> basic_auth;                  // dropped on another host, port or scheme
  std::optional<std::pair<std::string, Secret>> authorization;  // type and credentials; the same
  TraceContext trace;                                           // sent as traceparent and X-Correlation-ID
  bool keep_cookies = false;                                    // fills HttpExchange::cookies
  std::vector<std::string> cookies;                             // known beforehand, as HttpExchange::cookies has them
};

struct HttpExchange {
  Time start{};
  Micros duration{0};
  Micros agent_time{0};  // spent on reading certificate authorities, once a file: not in `duration`
  Outcome outcome;       // ok: a complete, well-formed answer of any status
  Phases phases;         // summed over redirects
  int status = 0;        // of the final hop; 0: no answer
  std::string version;
  std::string final_url;
  Headers headers;  // final hop, names as received
  Headers trailers;
  std::string body;             // decoded, the first max_kept_bytes of it
  std::int64_t body_bytes = 0;  // decoded, as far as it was read
  std::int64_t content_length = -1;
  bool complete_headers = false;        // of the final hop
  int redirects = 0;                    // met, followed or not
  bool redirect_left = false;           // the last one was not followed
  bool reused = false;                  // the final hop, over a connection that was open before
  std::vector<AddressTried> addresses;  // of the final hop
  std::string address;                  // connected to
  std::optional<IpAddress> ip;          // of the first hop's host, also when it did not connect
  bool tls = false;
  std::optional<TlsFacts> tls_facts;  // when a handshake was begun
  // Every cookie that was given or set on the way and has not expired, for later requests: seven fields each, with tabs
  // between, as CURLOPT_COOKIELIST has them (domain, whether subdomains too, path, secure, expiry, name, value).
  std::vector<std::string> cookies;

  // First header of that name, case-insensitive; nullptr when absent.
  const std::string* header(std::string_view name) const;
};

// Sends `request`, on a fresh connection unless it says otherwise. On failure `outcome.message` is one sentence that
// says what was expected, what came and every address tried. Control characters in method, URL or headers are refused
// before anything is sent.
//
// Redirects: 301, 302 and 303 turn a method but HEAD to GET and drop the body; 307 and 308 keep both. Cookies that an
// answer sets go with the later hops (RFC 6265), and are forgotten with the exchange unless they are kept. Once another
// scheme, host or port is met, `basic_auth`, `authorization`, the Host header, `secret_headers` and every header that
// names_credentials() knows (base/credentials.hpp) are left out for good; a redirect that would take a body there is
// redirect_refused. https in place of http is no other origin when the host stays and both ports are the schemes' own.
Task<HttpExchange> exchange(Engine& engine, HttpRequest request, Stop stop);

}  // namespace nines::probes
