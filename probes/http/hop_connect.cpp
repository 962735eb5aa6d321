// How a hop comes to its connection.

#include <utility>

#include <curl/curl.h>

#include "probes/http/handles.hpp"
#include "probes/http/hop.hpp"

namespace nines::probes {

// Gives curl the connection made; a second one is never wanted.
int Hop::open_socket(void* opener, int, void*) {
  auto* self = static_cast<Opener*>(opener);
  const int fd = self->socket.release();
  if (fd < 0) self->asked_in_vain = true;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

// NOLINTBEGIN(*-reference-coroutine-parameters): the exchange that owns it waits for this hop

Task<bool> Hop::connect(HttpExchange& out, Stop stop) {
  const config::Proxy& proxy = request_.proxy;
  const bool direct = proxy.url.empty() || bypasses_proxy(proxy.no_proxy, hop_.url.host(), hop_.url.port());
  if (direct) co_return co_await connect_to_target(out, hop_.route, stop);
  co_return co_await connect_to_proxy(out, stop);
}

Task<bool> Hop::connect_to_target(HttpExchange& out, Route route, Stop stop) {
  Connected made =
      co_await connect_tcp(engine_, hop_.url.host(), hop_.url.port(), std::move(route), exchange_start_ns_, stop);
  ready_ns_ = made.ready_ns;
  out.phases.resolve += made.resolve;
  out.phases.connect += made.connect;
  out.addresses = std::move(made.tried);
  if (!out.ip && made.located) out.ip = made.address;
  if (!made.socket) {
    out.outcome = std::move(made.outcome);
    co_return false;
  }
  out.address = made.address.with_port(hop_.url.port());
  opener_.socket = std::move(made.socket);
  use_address(made.address);
  co_return true;
}

// NOLINTEND(*-reference-coroutine-parameters)

// libcurl looks nothing up: it is told the address, and asks for the socket that is connected to it.
void Hop::use_address(const IpAddress& address) {
  IpAddress plain = address;
  plain.scope = 0;  // libcurl would look up an address with a zone, on a thread
  const std::string to = plain.family == 4 ? "::" + plain.text() + ":" : "::[" + plain.text() + "]:";
  handles_->connect_to = curl_slist_append(nullptr, to.c_str());
  curl_easy_setopt(handles_->easy, CURLOPT_CONNECT_TO, handles_->connect_to);
}

// The connection stays open in `kept_`, with what a later run will want to know of it.
void Hop::keep(const HttpExchange& out) {
  if (kept_ == nullptr || handles_->connect_to == nullptr) return;
  kept_->connect_to = handles_->connect_to->data;
  kept_->address = out.address;
  if (const auto at = split_host_port(out.address)) kept_->ip = IpAddress::parse(at->host);
  was_kept_ = true;
}

}  // namespace nines::probes
