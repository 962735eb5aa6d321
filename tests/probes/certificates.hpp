#pragma once

// Certificates made for a test, and TLS servers' contexts that show them.

#include <chrono>
#include <memory>
#include <string>

struct evp_pkey_st;
struct ssl_ctx_st;
struct x509_st;

namespace nines::probes::test {

struct Certificate {
  std::shared_ptr<x509_st> x509;
  std::shared_ptr<evp_pkey_st> key;
  std::string pem() const;
};

struct CertificateOptions {
  std::string common_name = "test";
  std::string names{};                 // OpenSSL's subjectAltName: "DNS:localhost,IP:127.0.0.1"
  std::chrono::hours not_before{-24};  // from now
  std::chrono::hours not_after{24 * 30};
  bool authority = false;
  const Certificate* issuer = nullptr;  // null: self-signed
};

std::string private_key_pem(const Certificate& certificate);

Certificate make_certificate(const CertificateOptions& options);

// A server context that shows `certificate` and, when given, its `issuer`; `max_version` as TLS1_2_VERSION, 0: any.
std::shared_ptr<ssl_ctx_st> server_context(const Certificate& certificate, int max_version = 0,
                                           const Certificate* issuer = nullptr);

}  // namespace nines::probes::test
