#pragma once

// What one TLS connection of libcurl's told us, also when it was refused.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/outcome.hpp"
#include "base/time.hpp"
#include "config/config.hpp"
#include "probes/tls/facts.hpp"

struct x509_st;
struct x509_store_st;

namespace nines::probes {

// Filled while the handshake runs; lives as long as the transfer.
struct TlsRecord {
  // in
  x509_store_st* trust = nullptr;  // null: do not verify
  bool old_versions = false;       // TLS 1.0 and 1.1 need OpenSSL's lowest security level

  // out
  std::uint64_t start_ns = 0;  // of the handshake, as Loop::now_ns(); 0: it did not happen
  std::uint64_t end_ns = 0;
  TlsFacts facts;
  std::shared_ptr<x509_st> leaf;      // as sent; for the words of a failure
  std::shared_ptr<x509_st> at_fault;  // what verify_error is about
  long verify_error = 0;              // X509_V_*
  int verify_depth = 0;               // of the certificate it is about; 0: the leaf
};

// Sets verification, versions and client certificate on `easy` (a CURL*) and makes it fill `record`.
void set_up_tls(void* easy, const config::TlsConfig& config, TlsRecord& record);

// Why a handshake ended with `code` (CURLcode) and libcurl's text: the reason and what to say after "TLS with HOST: ".
Outcome tls_failure(int code, const char* curl_text, const TlsRecord& record, const std::string& host);

}  // namespace nines::probes
