#pragma once

// OpenSSL contexts for our own streams: making one costs as much as a connection.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/modules.hpp"
#include "probes/async/task.hpp"
#include "probes/tls/material.hpp"

struct ssl_ctx_st;

namespace nines::probes {

struct TlsContext {
  std::shared_ptr<ssl_ctx_st> context;
  TlsMaterial material;  // as it was made with
};

// One per loop, loop's thread only. A context is kept for each configuration and made anew when its files have changed.
class TlsContexts {
 public:
  explicit TlsContexts(TlsMaterials& materials) : materials_(materials) {}

  // `config` outlives the task. `alpn`: protocols to offer. Fails as TlsMaterials::get().
  Task<Expected<TlsContext>> get(const config::TlsConfig& config, std::vector<std::string> alpn, Stop stop);

 private:
  TlsMaterials& materials_;
  std::map<std::string, TlsContext> kept_;
};

}  // namespace nines::probes
