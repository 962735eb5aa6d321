#pragma once

// One request on one connection: prepare, connect, perform, finish. exchange() makes one per redirect.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "probes/async/dialer.hpp"
#include "probes/http/exchange.hpp"
#include "probes/http/proxy.hpp"
#include "probes/http/reception.hpp"
#include "probes/http/reuse.hpp"
#include "probes/http/tls.hpp"
#include "probes/http/url.hpp"
#include "probes/net/connect.hpp"

namespace nines::probes {

// What a hop sends: it changes with redirects.
struct HopRequest {
  Url url;
  std::string method;
  Route route;
  bool same_origin = true;  // as the first URL: only then are credentials, a body and the request's Host header sent
  bool with_body = true;
  std::vector<std::string> cookies{};  // that earlier hops were given, as CURLOPT_COOKIELIST has them
};

// Lives in exchange()'s frame; `request`, `hop` and `kept` outlive it.
class Hop {
 public:
  // `kept`: the connection is to be kept there (run), or is there (run_kept). `material`: of the request's TLS
  // configuration; empty when there is no TLS.
  Hop(Engine& engine, const HttpRequest& request, const HopRequest& hop, TlsMaterial material,
      std::uint64_t exchange_start_ns, KeptConnection* kept = nullptr);
  ~Hop();
  Hop(const Hop&) = delete;
  Hop& operator=(const Hop&) = delete;

  // Everything of `out` that is about the final hop is set anew; phases are added.
  Task<void> run(HttpExchange& out, Stop stop);
  // The same over the connection in `kept`. False: it is no longer open, the request can be sent over another (again,
  // when that does no harm) and `out` says nothing.
  Task<bool> run_kept(HttpExchange& out, Stop stop);
  // Whether the connection came to `kept` and can be used again.
  bool was_kept() const { return was_kept_; }
  // Of an answer that leads to another hop, for that; of every answer when the request keeps them.
  std::vector<std::string> cookies() const;
  // Tells the request's recording, if it has one, of this hop; after run(), or run_kept() that gave true.
  void record(const HttpExchange& out) const;

 private:
  // What libcurl is given when it asks for a socket.
  struct Opener {
    Socket socket;
    bool asked_in_vain = false;
  };
  static int open_socket(void* opener, int purpose, void* address);

  static int on_debug(void* easy, int kind, char* data, std::size_t size, void* hop);

  void clear(HttpExchange& out);
  Task<bool> connect(HttpExchange& out, Stop stop);
  Task<bool> connect_to_target(HttpExchange& out, Route route, Stop stop);
  Task<bool> connect_to_proxy(HttpExchange& out, Stop stop);
  Task<bool> locate_target(HttpExchange& out, std::optional<IpAddress>& at, Stop stop);
  void use_address(const IpAddress& address);
  void set_up_proxy(const IpAddress& proxy_at, const std::optional<IpAddress>& target);
  Task<void> set_up_proxy_tls(HttpExchange& out, Stop stop);
  void ask_proxy_by_address(const IpAddress& target);
  void keep(const HttpExchange& out);
  bool may_be_sent_again() const;
  Outcome prepare();
  void set_options();
  void set_headers();
  void add_header(const std::string& name, const std::string& value);
  void finish(HttpExchange& out, std::optional<int> code, Stop stop);
  void add_phases(Phases& phases, std::uint64_t end_ns) const;
  void take_length(HttpExchange& out) const;
  Outcome judge(const HttpExchange& out, std::optional<int> code, Stop stop) const;
  Outcome ended_by_us(const HttpExchange& out) const;
  Outcome stopped(const HttpExchange& out, Stop stop) const;
  Outcome proxy_fault(int code, const HttpExchange& out) const;
  bool tunnelled() const;
  bool speaks_http2() const;
  std::optional<Outcome> http2_failure(int code, const HttpExchange& out) const;
  Outcome curl_failure(int code, const HttpExchange& out) const;
  Outcome tls_fault(int code, const HttpExchange& out) const;
  Outcome fault(Reason reason, const HttpExchange& out, const std::string& what) const;

  struct Handles;
  Engine& engine_;
  const HttpRequest& request_;
  const HopRequest& hop_;
  std::uint64_t exchange_start_ns_;
  std::uint64_t start_ns_ = 0;
  Time start_{};
  Phases before_{};  // of the hops before it
  std::string span_id_ = make_span_id();
  std::string sent_head_;       // as libcurl sent it, when it is recorded
  std::optional<Url> tls_url_;  // when the certificate is judged by another name
  Opener opener_;
  KeptConnection* kept_;
  bool was_kept_ = false;
  std::optional<ProxyAddress> proxy_;  // that this hop goes by
  std::uint64_t ready_ns_ = 0;         // connected, before TLS
  std::array<char, 256> error_text_{};
  Reception reception_;
  TlsRecord own_tls_;
  TlsRecord& tls_;  // the same, or that of `kept`
  std::unique_ptr<Handles> handles_;
};

}  // namespace nines::probes
