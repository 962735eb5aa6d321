#include "probes/tls/staple.hpp"

#include <memory>

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "probes/tls/certificate.hpp"

namespace nines::probes {

namespace {

constexpr long kClockSkewSeconds = 300;

bool is_about(const OCSP_SINGLERESP* single, X509* leaf, X509* issuer) {
  auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));
  ASN1_OBJECT* digest = nullptr;
  if (OCSP_id_get0_info(nullptr, &digest, nullptr, nullptr, id) != 1) return false;
  const EVP_MD* md = EVP_get_digestbyobj(digest);
  if (md == nullptr) return false;
  const std::unique_ptr<OCSP_CERTID, decltype(&OCSP_CERTID_free)> wanted(OCSP_cert_to_id(md, leaf, issuer),
                                                                         &OCSP_CERTID_free);
  return wanted != nullptr && OCSP_id_cmp(wanted.get(), id) == 0;
}

}  // namespace

std::optional<Time> revoked_by_staple(std::span<const unsigned char> answer, X509* leaf, X509* issuer,
                                      STACK_OF(X509) * sent, X509_STORE* trust) {
  const unsigned char* data = answer.data();
  const std::unique_ptr<OCSP_RESPONSE, decltype(&OCSP_RESPONSE_free)> response(
      d2i_OCSP_RESPONSE(nullptr, &data, static_cast<long>(answer.size())), &OCSP_RESPONSE_free);
  const std::unique_ptr<OCSP_BASICRESP, decltype(&OCSP_BASICRESP_free)> basic(
      response ? OCSP_response_get1_basic(response.get()) : nullptr, &OCSP_BASICRESP_free);
  std::optional<Time> out;
  if (basic && OCSP_basic_verify(basic.get(), sent, trust, 0) == 1) {
    for (int i = 0; i < OCSP_resp_count(basic.get()); ++i) {
      OCSP_SINGLERESP* single = OCSP_resp_get0(basic.get(), i);
      ASN1_GENERALIZEDTIME* revoked = nullptr;
      ASN1_GENERALIZEDTIME* from = nullptr;
      ASN1_GENERALIZEDTIME* until = nullptr;
      const int status = OCSP_single_get0_status(single, nullptr, &revoked, &from, &until);
      if (status != V_OCSP_CERTSTATUS_REVOKED || !is_about(single, leaf, issuer)) continue;
      if (OCSP_check_validity(from, until, kClockSkewSeconds, -1) == 1) out = to_time(revoked).value_or(Time{});
    }
  }
  ERR_clear_error();
  return out;
}

}  // namespace nines::probes
