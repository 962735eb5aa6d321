#pragma once

// Watches one TLS handshake of OpenSSL's, be it ours or libcurl's: what it showed, and whether its certificate is good.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "config/modules.hpp"
#include "probes/tls/facts.hpp"
#include "probes/tls/material.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace nines::probes {

// Filled while the handshake runs; lives as long as what it watches.
struct TlsRecord {
  // in
  TlsMaterial material;  // without trust: nothing is verified, and facts.verdict stays ok
  std::string host;      // what the certificate is to be for

  // out
  std::uint64_t start_ns = 0;  // of the handshake, as Loop::now_ns(); 0: it did not happen
  std::uint64_t end_ns = 0;
  TlsFacts facts;
  std::shared_ptr<x509_st> leaf;    // as sent …
  std::shared_ptr<x509_st> issuer;  // … and as found: for the stapled OCSP answer
};

// Whether the configuration asks for TLS 1.0 or 1.1, which need OpenSSL's lowest security level.
bool wants_old_versions(const config::TlsConfig& config);

// Gives `context` authorities and the client's own certificate.
void use_material(ssl_ctx_st* context, const TlsMaterial& material);

// Makes handshakes of `context` fill the record that was set on the session, or else with SSL_CTX_set_app_data on the
// context. A refused certificate does not end the handshake, so that version, cipher and chain are known: after it
// SSL_get_verify_result is not X509_V_OK and facts.verdict says why.
void watch_handshakes(ssl_ctx_st* context, const TlsMaterial& material, bool old_versions);

// Null: nobody watches any more.
void set_record(ssl_st* session, TlsRecord* record);

// Why a handshake did not come to its end: `text` is OpenSSL's, or of a system error; what to say after
// "TLS with HOST: ". Empty: the connection was closed.
Outcome handshake_failure(std::string_view text);

}  // namespace nines::probes
