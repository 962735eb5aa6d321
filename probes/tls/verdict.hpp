#pragma once

// Why a certificate is refused, in words.

#include <string>

#include "base/outcome.hpp"
#include "base/time.hpp"

struct x509_store_ctx_st;

namespace nines::probes {

// After X509_verify_cert: ok, or what to say after "TLS with HOST: ". A good chain whose leaf is not for `host` is
// tls_hostname.
Outcome judge_certificate(x509_store_ctx_st* context, const std::string& host);

Outcome revoked_verdict(Time revoked);

}  // namespace nines::probes
