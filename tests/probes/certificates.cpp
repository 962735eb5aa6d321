#include "tests/probes/certificates.hpp"

#include <atomic>
#include <functional>
#include <stdexcept>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace nines::probes::test {

namespace {

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL refused to make a test's certificate");
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

std::string written(const std::function<int(BIO*)>& write) {
  BIO* out = BIO_new(BIO_s_mem());
  require(write(out) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(out);
  return text;
}

}  // namespace

std::string Certificate::pem() const {
  return written([&](BIO* out) { return PEM_write_bio_X509(out, x509.get()); });
}

std::string private_key_pem(const Certificate& certificate) {
  return written([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, certificate.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

Certificate make_certificate(const CertificateOptions& options) {
  static std::atomic<long> serial = 1;
  Certificate made{.x509 = {X509_new(), &X509_free}, .key = {EVP_EC_gen("P-256"), &EVP_PKEY_free}};
  X509* x = made.x509.get();
  X509* issuer = options.issuer != nullptr ? options.issuer->x509.get() : x;
  require(made.key != nullptr && X509_set_version(x, X509_VERSION_3) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(options.common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(issuer));
  X509_gmtime_adj(X509_getm_notBefore(x), std::chrono::seconds(options.not_before).count());
  X509_gmtime_adj(X509_getm_notAfter(x), std::chrono::seconds(options.not_after).count());
  X509_set_pubkey(x, made.key.get());
  add_extension(x, issuer, NID_basic_constraints, options.authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (!options.names.empty()) add_extension(x, issuer, NID_subject_alt_name, options.names);
  require(X509_sign(x, (options.issuer != nullptr ? options.issuer->key : made.key).get(), EVP_sha256()) != 0);
  return made;
}

std::shared_ptr<ssl_ctx_st> server_context(const Certificate& certificate, int max_version, const Certificate* issuer) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  require(SSL_CTX_use_certificate(context.get(), certificate.x509.get()) == 1 &&
          SSL_CTX_use_PrivateKey(context.get(), certificate.key.get()) == 1);
  if (issuer != nullptr) require(SSL_CTX_add1_chain_cert(context.get(), issuer->x509.get()) == 1);
  if (max_version != 0) SSL_CTX_set_max_proto_version(context.get(), max_version);
  return context;
}

}  // namespace nines::probes::test
