#pragma once

// A stapled OCSP answer (RFC 6066, 8; RFC 6960).

#include <optional>
#include <span>

#include "base/time.hpp"

struct stack_st_X509;
struct x509_st;
struct x509_store_st;

namespace nines::probes {

// When the answer says that `leaf` was revoked; nothing when it says anything else, is out of date, or is not signed
// by `issuer` or whom it named for this. Any thread.
std::optional<Time> revoked_by_staple(std::span<const unsigned char> answer, x509_st* leaf, x509_st* issuer,
                                      stack_st_X509* sent, x509_store_st* trust);

}  // namespace nines::probes
