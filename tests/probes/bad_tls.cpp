#include "tests/probes/bad_tls.hpp"

#include <ctime>
#include <stdexcept>

#include <openssl/ocsp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>

namespace nines::probes::test {

namespace {

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL refused to make a test's TLS");
}

std::string ocsp_answer(const Certificate& leaf, const Certificate& issuer, Staple what) {
  const auto at = [](long hours) { return ASN1_TIME_adj(nullptr, std::time(nullptr), 0, hours * 3600); };
  const bool old = what == Staple::revoked_long_ago;
  ASN1_TIME* revoked = at(-100);
  ASN1_TIME* from = at(old ? -50 : -1);
  ASN1_TIME* until = at(old ? -40 : 24);
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  OCSP_CERTID* id = OCSP_cert_to_id(nullptr, leaf.x509.get(), issuer.x509.get());
  const bool good = what == Staple::good;
  require(OCSP_basic_add1_status(basic, id, good ? V_OCSP_CERTSTATUS_GOOD : V_OCSP_CERTSTATUS_REVOKED,
                                 OCSP_REVOKED_STATUS_KEYCOMPROMISE, revoked, from, until) != nullptr);
  const Certificate stranger = make_certificate({.common_name = "Stranger", .authority = true});
  const Certificate& signer = what == Staple::revoked_by_a_stranger ? stranger : issuer;
  require(OCSP_basic_sign(basic, signer.x509.get(), signer.key.get(), EVP_sha256(), nullptr, 0) == 1);
  OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &der);
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  OCSP_RESPONSE_free(response);
  OCSP_CERTID_free(id);
  OCSP_BASICRESP_free(basic);
  for (ASN1_TIME* time : {revoked, from, until}) ASN1_TIME_free(time);
  return out;
}

int give_staple(SSL* ssl, void* text) {
  const auto& answer = *static_cast<std::string*>(text);
  void* copy = OPENSSL_memdup(answer.data(), answer.size());
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(answer.size()));
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

void sign_again(Certificate& certificate, const Certificate& issuer, const char* digest) {
  require(X509_sign(certificate.x509.get(), issuer.key.get(), EVP_get_digestbyname(digest)) != 0);
}

void give_rsa_key(Certificate& certificate, const Certificate& issuer, unsigned bits) {
  certificate.key.reset(EVP_RSA_gen(bits), &EVP_PKEY_free);
  require(certificate.key != nullptr && X509_set_pubkey(certificate.x509.get(), certificate.key.get()) == 1);
  sign_again(certificate, issuer);
}

std::shared_ptr<SSL_CTX> careless_context(const Certificate& certificate, const Certificate& issuer) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  require(SSL_CTX_use_certificate(context.get(), certificate.x509.get()) == 1 &&
          SSL_CTX_use_PrivateKey(context.get(), certificate.key.get()) == 1 &&
          SSL_CTX_add1_chain_cert(context.get(), issuer.x509.get()) == 1);
  return context;
}

void staple(SSL_CTX* context, const Certificate& leaf, const Certificate& issuer, Staple what) {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* answer, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(answer); });
  auto* answer = new std::string(ocsp_answer(leaf, issuer, what));
  SSL_CTX_set_ex_data(context, index, answer);
  SSL_CTX_set_tlsext_status_cb(context, &give_staple);
  SSL_CTX_set_tlsext_status_arg(context, answer);
}

void refuse_alpn(SSL_CTX* context) {
  SSL_CTX_set_alpn_select_cb(
      context,
      [](SSL*, const unsigned char**, unsigned char*, const unsigned char*, unsigned, void*) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
      },
      nullptr);
}

void speak_old_versions(SSL_CTX* context) {
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
}

}  // namespace nines::probes::test
