#include "probes/tls/verdict.hpp"

#include <fmt/format.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "base/text.hpp"
#include "probes/tls/certificate.hpp"

namespace nines::probes {

namespace {

std::string short_name(const X509_NAME* name) {
  return ellipsize(name_text(name), 200);
}

Outcome host_verdict(X509* leaf, const std::string& host) {
  if (is_for_host(leaf, host)) return {};
  const std::string names = alternative_names(leaf);
  const std::string whom =
      !names.empty() ? names : fmt::format("{} and has no subjectAltName", short_name(X509_get_subject_name(leaf)));
  return {Reason::tls_hostname, fmt::format("the certificate is for {}; expected one for {}", whom, printable(host))};
}

}  // namespace

Outcome judge_certificate(X509_STORE_CTX* context, const std::string& host) {
  X509* const leaf = X509_STORE_CTX_get0_cert(context);
  const X509* const at_fault = X509_STORE_CTX_get_current_cert(context);
  const int error = X509_STORE_CTX_get_error(context);
  const int depth = X509_STORE_CTX_get_error_depth(context);
  const auto day = [&](const ASN1_TIME* (*get)(const X509*)) {
    const auto time = at_fault != nullptr ? to_time(get(at_fault)) : std::nullopt;
    return time ? format_time(*time, 0) : "an unreadable time";
  };
  std::string fault = X509_verify_cert_error_string(error);
  if (depth > 0) fault += fmt::format(" (certificate {} of the chain)", depth + 1);
  switch (error) {
    case X509_V_OK:
      return host_verdict(leaf, host);
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {Reason::tls_expired,
              fmt::format("{}: it was valid until {}; expected a valid one", fault, day(&X509_get0_notAfter))};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Reason::tls_not_yet_valid,
              fmt::format("{}: it is valid from {}; expected a valid one", fault, day(&X509_get0_notBefore))};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {Reason::tls_self_signed,
              fmt::format("the certificate ({}) is self-signed; expected one from a trusted authority",
                          short_name(X509_get_subject_name(leaf)))};
    case X509_V_ERR_CERT_REVOKED:
      return {Reason::tls_revoked, fault};
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {Reason::tls_weak, fmt::format("{}; expected stronger keys and digests", fault)};
    default:
      return {Reason::tls_untrusted, fmt::format("{} (issuer {}); expected a certificate from a trusted authority",
                                                 fault, short_name(X509_get_issuer_name(leaf)))};
  }
}

Outcome revoked_verdict(Time revoked) {
  return {Reason::tls_revoked, fmt::format("the certificate was revoked at {}, as the server's own OCSP answer says; "
                                           "expected a valid one",
                                           format_time(revoked, 0))};
}

}  // namespace nines::probes
