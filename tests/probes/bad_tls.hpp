#pragma once

// What certificates.hpp has not: signatures made anew, other keys, stapled answers.

#include <memory>
#include <string>

#include "tests/probes/certificates.hpp"

namespace nines::probes::test {

// Signs `certificate` again, after a change to it, by the issuer it names; with SHA-256 or `digest`.
void sign_again(Certificate& certificate, const Certificate& issuer, const char* digest = "SHA256");

// The same certificate with another key: RSA of `bits`.
void give_rsa_key(Certificate& certificate, const Certificate& issuer, unsigned bits);

// As server_context(), with the lowest security level, which takes weak keys and digests.
std::shared_ptr<ssl_ctx_st> careless_context(const Certificate& certificate, const Certificate& issuer);

enum class Staple { good, revoked, revoked_long_ago, revoked_by_a_stranger };
// A server context whose handshakes staple an OCSP answer about `leaf`, signed by its issuer (or by somebody else).
void staple(ssl_ctx_st* context, const Certificate& leaf, const Certificate& issuer, Staple what);

// The server refuses every protocol that a client offers.
void refuse_alpn(ssl_ctx_st* context);

// TLS 1.1 at most.
void speak_old_versions(ssl_ctx_st* context);

}  // namespace nines::probes::test
