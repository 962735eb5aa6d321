#pragma once

// All the chains by which a certificate can be trusted, where OpenSSL tells of one.

#include <optional>

#include "base/time.hpp"

struct x509_store_ctx_st;

namespace nines::probes {

// Of every valid chain through the store's and the sent certificates, when its first member expires; the latest of
// these. `context`: after X509_verify_cert. Bounded in depth and in signatures checked; any thread.
std::optional<Time> latest_chain_expiry(x509_store_ctx_st* context);

}  // namespace nines::probes
