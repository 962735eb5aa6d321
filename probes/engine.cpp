#include "probes/engine.hpp"

#include <map>
#include <utility>

#include "base/version.hpp"
#include "probes/async/curl_multi.hpp"
#include "probes/async/libraries.hpp"
#include "probes/async/resolver.hpp"
#include "probes/http/reuse.hpp"
#include "probes/oauth2.hpp"
#include "probes/tls/contexts.hpp"
#include "probes/tls/material.hpp"

namespace nines::probes {
namespace {

EngineOptions with_defaults(EngineOptions options) {
  if (options.user_agent.empty()) options.user_agent = std::string("nines/") + kVersion;
  return options;
}

}  // namespace

struct Engine::Parts {
  explicit Parts(EngineOptions given)
      : options(with_defaults(std::move(given))),
        curl(loop),
        resolver(loop, options.dns_servers),
        tls_materials(loop),
        tls_contexts(tls_materials) {}

  EngineOptions options;
  Loop loop;  // before everything that lives on it
  CurlMulti curl;
  Resolver resolver;
  std::map<std::string, std::unique_ptr<Resolver>> resolvers;  // by servers
  TlsMaterials tls_materials;
  TlsContexts tls_contexts;
  AccessTokens tokens;
  ConnectionPool connections;
};

Engine::Engine(EngineOptions options) {
  set_up_libraries();
  parts_ = std::make_unique<Parts>(std::move(options));
}

Engine::~Engine() {
  for (const auto& [servers, resolver] : parts_->resolvers) parts_->loop.run(resolver->close());
  parts_->loop.run(parts_->resolver.close());
  parts_->loop.run(parts_->tls_materials.close());
}

Loop& Engine::loop() {
  return parts_->loop;
}
CurlMulti& Engine::curl() {
  return parts_->curl;
}
Resolver& Engine::resolver() {
  return parts_->resolver;
}
Resolver& Engine::resolver(const std::string& servers) {
  if (servers.empty()) return parts_->resolver;
  auto& slot = parts_->resolvers[servers];
  if (!slot) slot = std::make_unique<Resolver>(parts_->loop, servers);
  return *slot;
}
TlsMaterials& Engine::tls_materials() {
  return parts_->tls_materials;
}
TlsContexts& Engine::tls_contexts() {
  return parts_->tls_contexts;
}
ConnectionPool& Engine::connections() {
  return parts_->connections;
}
AccessTokens& Engine::tokens() {
  return parts_->tokens;
}
const EngineOptions& Engine::options() const {
  return parts_->options;
}

}  // namespace nines::probes
