#pragma once

// One request on one connection: prepare, connect, perform, finish. exchange() makes one per redirect.

#include <array>
#include <memory>
#include <string>

#include "probes/async/dialer.hpp"
#include "probes/http/exchange.hpp"
#include "probes/http/reception.hpp"
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
};

// Lives in exchange()'s frame; `request` and `hop` outlive it.
class Hop {
 public:
  // `material`: of the request's TLS configuration; empty when there is no TLS.
  Hop(Engine& engine, const HttpRequest& request, const HopRequest& hop, TlsMaterial material,
      std::uint64_t exchange_start_ns);
  ~Hop();
  Hop(const Hop&) = delete;
  Hop& operator=(const Hop&) = delete;

  // Everything of `out` that is about the final hop is set anew; phases are added.
  Task<void> run(HttpExchange& out, Stop stop);

 private:
  Task<bool> connect(HttpExchange& out, Stop stop);
  Outcome prepare();
  void set_options();
  void set_headers();
  void add_header(const std::string& name, const std::string& value);
  void finish(HttpExchange& out, std::optional<int> code, Stop stop);
  void add_phases(Phases& phases, std::uint64_t end_ns) const;
  Outcome judge(const HttpExchange& out, std::optional<int> code, Stop stop) const;
  Outcome ended_by_us(const HttpExchange& out) const;
  Outcome stopped(const HttpExchange& out, Stop stop) const;
  Outcome curl_failure(int code, const HttpExchange& out) const;
  Outcome tls_fault(int code, const HttpExchange& out) const;
  Outcome fault(Reason reason, const HttpExchange& out, const std::string& what) const;

  struct Handles;
  Engine& engine_;
  const HttpRequest& request_;
  const HopRequest& hop_;
  std::uint64_t exchange_start_ns_;
  std::optional<Url> tls_url_;  // when the certificate is judged by another name
  Socket socket_;
  std::uint64_t ready_ns_ = 0;  // connected, before TLS
  std::array<char, 256> error_text_{};
  Reception reception_;
  TlsRecord tls_;
  std::unique_ptr<Handles> handles_;
};

}  // namespace nines::probes
