#pragma once

// `connection: reuse`: connections kept open between the runs of one check.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "probes/async/address.hpp"
#include "probes/async/curl_multi.hpp"
#include "probes/http/tls.hpp"

namespace nines::probes {

// One connection and what is known of it. It has a multi handle of its own, so nobody else can be given it.
struct KeptConnection {
  explicit KeptConnection(Loop& loop) : curl(loop) { curl.keep_one(); }

  TlsRecord tls;  // the connection's SSL points to it: destroyed after `curl`
  CurlMulti curl;
  std::string connect_to;  // as CURLOPT_CONNECT_TO
  std::string address;     // "192.0.2.7:443"
  std::optional<IpAddress> ip;
};

// What is open and idle, by owner (a module) and place. One per loop, on its thread. At most kMax: the one that has
// waited longest is closed for a new one, as are those whose owner is gone.
class ConnectionPool {
 public:
  using Owner = std::shared_ptr<const void>;
  static constexpr std::size_t kMax = 1000;

  // Hands over the connection, if there is one.
  std::unique_ptr<KeptConnection> take(const Owner& owner, const std::string& place);
  // Keeps it for the next take().
  void put(const Owner& owner, const std::string& place, std::unique_ptr<KeptConnection> connection);
  std::size_t size() const { return idle_.size(); }

 private:
  struct Idle {
    std::weak_ptr<const void> owner;
    std::uint64_t since_ns = 0;
    std::unique_ptr<KeptConnection> connection;
  };
  // The weak pointer in Idle keeps an owner's address from being another's.
  std::map<std::pair<const void*, std::string>, Idle> idle_;
};

}  // namespace nines::probes
