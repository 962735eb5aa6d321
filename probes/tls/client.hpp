#pragma once

// TLS on a Stream, as a module's `tls_config` asks for.

#include <string>

#include "base/outcome.hpp"
#include "config/modules.hpp"
#include "probes/async/stream.hpp"
#include "probes/engine.hpp"
#include "probes/tls/facts.hpp"

namespace nines::probes {

struct TlsHandshake {
  TlsFacts facts;
  Outcome outcome;  // ok: done, and the certificate is good or need not be
  Micros duration{0};
  Micros agent_time{0};  // reading certificates, once a configuration: not in `duration`
};

// Speaks TLS on `stream` from now on. `host`: what the certificate is for and the server name sent, unless
// config.server_name says otherwise; an address sends no name. SSL_CTXs are made once per configuration and loop.
// `alpn`: protocols offered, in order ("http/1.1"); empty: no offer. `stream` and `config` outlive the task.
Task<TlsHandshake> start_tls(Engine& engine, Stream& stream, const config::TlsConfig& config, std::string host,
                             std::vector<std::string> alpn, Stop stop);

}  // namespace nines::probes
