#pragma once

// What every probe on one loop shares: the libuv loop, libcurl's multi handle, the resolver's settings and what
// TLS needs. One per probe thread; everything below may be used on that thread only, except where said.

#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "probes/async/loop.hpp"
#include "probes/async/stop.hpp"
#include "probes/async/task.hpp"

namespace nines::probes {

class AccessTokens;
class ConnectionPool;
class CurlMulti;
class Resolver;
class TlsContexts;
class TlsMaterials;

struct EngineOptions {
  const Clock* clock = &system_clock();
  std::string dns_servers{};  // "127.0.0.1:5353,[::1]:53"; empty: /etc/resolv.conf (tests set it)
  std::string user_agent{};   // default: nines/VERSION
};

class Engine {
 public:
  explicit Engine(EngineOptions options = {});
  ~Engine();  // the loop has ended and every handle is closed
  Engine(const Engine&) = delete;

  Loop& loop();
  CurlMulti& curl();
  Resolver& resolver();
  // One that asks these servers, kept for the loop's life; empty: the same as resolver().
  Resolver& resolver(const std::string& servers);
  TlsMaterials& tls_materials();
  TlsContexts& tls_contexts();
  ConnectionPool& connections();
  AccessTokens& tokens();
  const EngineOptions& options() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nines::probes
