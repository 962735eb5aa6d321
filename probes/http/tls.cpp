#include "probes/http/tls.hpp"

#include <algorithm>
#include <ctime>
#include <memory>
#include <string_view>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/text.hpp"
#include "probes/async/loop.hpp"

namespace nines::probes {

namespace {

std::optional<Time> to_time(const ASN1_TIME* asn1) {
  std::tm calendar{};
  if (asn1 == nullptr || ASN1_TIME_to_tm(asn1, &calendar) != 1) return {};
  return Time(std::chrono::seconds(timegm(&calendar)));
}

std::string name_text(const X509_NAME* name) {
  std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return printable(ellipsize({data, static_cast<std::size_t>(size)}, 200));
}

std::string alternative_names(X509* leaf) {
  std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)), &GENERAL_NAMES_free);
  std::string out;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    std::string text;
    if (name->type == GEN_DNS) {
      text.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                  static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      char buffer[INET6_ADDRSTRLEN] = {};
      const int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
      if (inet_ntop(family, ASN1_STRING_get0_data(name->d.iPAddress), buffer, sizeof buffer) != nullptr) text = buffer;
    }
    if (text.empty()) continue;
    out += (out.empty() ? "" : ", ") + text;
  }
  return printable(ellipsize(out, 200));
}

void on_handshake_done(const SSL* ssl, TlsRecord& record) {
  record.end_ns = Loop::now_ns();
  const std::string_view version = SSL_get_version(ssl);  // "TLSv1.3"
  TlsFacts& facts = record.facts;
  facts.version = version.starts_with("TLSv") ? "TLS " + std::string(version.substr(4)) : std::string(version);
  if (facts.version == "TLS 1") facts.version = "TLS 1.0";
  facts.cipher = SSL_get_cipher_name(ssl);
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const auto expiry = to_time(X509_get0_notAfter(sk_X509_value(chain, i)));
    if (expiry && (!facts.earliest_expiry || *expiry < *facts.earliest_expiry)) facts.earliest_expiry = expiry;
  }
}

void on_info(const SSL* ssl, int where, int /*value*/) {
  auto& record = *static_cast<TlsRecord*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  if ((where & SSL_CB_HANDSHAKE_START) != 0 && record.start_ns == 0) record.start_ns = Loop::now_ns();
  if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && record.end_ns == 0) on_handshake_done(ssl, record);
}

// Lets the handshake go on whatever was found: SSL_get_verify_result keeps the fault, so curl refuses right after it,
// before any byte of the request, and version, cipher and the chain are known by then.
int on_verify(X509_STORE_CTX* context, void* argument) {
  auto& record = *static_cast<TlsRecord*>(argument);
  X509_verify_cert(context);
  record.verify_error = X509_STORE_CTX_get_error(context);
  record.verify_depth = X509_STORE_CTX_get_error_depth(context);
  const auto keep = [](X509* certificate, std::shared_ptr<X509>& in) {
    if (certificate != nullptr && X509_up_ref(certificate) == 1) in.reset(certificate, &X509_free);
  };
  keep(X509_STORE_CTX_get0_cert(context), record.leaf);
  keep(X509_STORE_CTX_get_current_cert(context), record.at_fault);
  return 1;
}

CURLcode on_context(CURL*, void* ssl_context, void* argument) {
  auto* context = static_cast<SSL_CTX*>(ssl_context);
  auto& record = *static_cast<TlsRecord*>(argument);
  SSL_CTX_set_app_data(context, &record);
  SSL_CTX_set_info_callback(context, &on_info);
  if (record.old_versions) SSL_CTX_set_security_level(context, 0);
  if (record.trust != nullptr) {
    SSL_CTX_set1_cert_store(context, record.trust);
    SSL_CTX_set_cert_verify_callback(context, &on_verify, &record);
  }
  return CURLE_OK;
}

long min_version(const std::string& name) {
  if (name == "TLS10") return CURL_SSLVERSION_TLSv1_0;
  if (name == "TLS11") return CURL_SSLVERSION_TLSv1_1;
  if (name == "TLS12") return CURL_SSLVERSION_TLSv1_2;
  if (name == "TLS13") return CURL_SSLVERSION_TLSv1_3;
  return CURL_SSLVERSION_DEFAULT;
}

long max_version(const std::string& name) {
  if (name == "TLS10") return CURL_SSLVERSION_MAX_TLSv1_0;
  if (name == "TLS11") return CURL_SSLVERSION_MAX_TLSv1_1;
  if (name == "TLS12") return CURL_SSLVERSION_MAX_TLSv1_2;
  if (name == "TLS13") return CURL_SSLVERSION_MAX_TLSv1_3;
  return CURL_SSLVERSION_MAX_NONE;
}

Outcome certificate_failure(const TlsRecord& record, const std::string& host) {
  X509* leaf = record.leaf.get();
  const X509* at_fault = record.at_fault.get();
  const auto day = [&](const ASN1_TIME* (*get)(const X509*)) {
    const auto time = at_fault != nullptr ? to_time(get(at_fault)) : std::nullopt;
    return time ? format_time(*time, 0) : "an unreadable time";
  };
  std::string fault = X509_verify_cert_error_string(record.verify_error);
  if (record.verify_depth > 0) fault += fmt::format(" (certificate {} of the chain)", record.verify_depth + 1);
  switch (record.verify_error) {
    case X509_V_OK: {
      const std::string names = leaf != nullptr ? alternative_names(leaf) : "";
      return {Reason::tls_hostname, fmt::format("the certificate is for {}; expected one for {}",
                                                !names.empty()    ? names
                                                : leaf != nullptr ? name_text(X509_get_subject_name(leaf))
                                                                  : "nobody",
                                                host)};
    }
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {Reason::tls_expired,
              fmt::format("{}: it was valid until {}; expected a valid one", fault, day(&X509_get0_notAfter))};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Reason::tls_not_yet_valid,
              fmt::format("{}: it is valid from {}; expected a valid one", fault, day(&X509_get0_notBefore))};
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return {Reason::tls_self_signed,
              fmt::format("the certificate ({}) is self-signed; expected one from a trusted authority",
                          leaf != nullptr ? name_text(X509_get_subject_name(leaf)) : "")};
    case X509_V_ERR_CERT_REVOKED:
      return {Reason::tls_revoked, fault};
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {Reason::tls_weak, fault};
    default:
      return {Reason::tls_untrusted,
              fmt::format("{} (issuer {}); expected a certificate from a trusted authority", fault,
                          leaf != nullptr ? name_text(X509_get_issuer_name(leaf)) : "unknown")};
  }
}

}  // namespace

void set_up_tls(void* easy, const config::TlsConfig& config, TlsRecord& record) {
  const bool verify = !config.insecure_skip_verify;
  record.old_versions = config.min_version == "TLS10" || config.min_version == "TLS11";
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, min_version(config.min_version) | max_version(config.max_version));
  if (!config.cert_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, config.cert_file.c_str());
  if (!config.key_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, config.key_file.c_str());
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &on_context);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &record);
}

Outcome tls_failure(int code, const char* curl_text, const TlsRecord& record, const std::string& host) {
  const std::string_view text = curl_text;
  if (code == CURLE_PEER_FAILED_VERIFICATION) return certificate_failure(record, host);
  if (code == CURLE_SSL_CERTPROBLEM) {
    return {Reason::agent_error, fmt::format("the client certificate cannot be used: {}", text)};
  }
  if (text.find("certificate required") != text.npos) {
    return {Reason::tls_handshake, "the server wants a client certificate; expected it to do without, or one in `tls`"};
  }
  if (text.find("wrong version number") != text.npos || text.find("http request") != text.npos) {
    return {Reason::tls_unexpected, "the answer was not TLS; expected a TLS handshake"};
  }
  if (text.find("protocol version") != text.npos || text.find("unsupported protocol") != text.npos) {
    return {Reason::tls_protocol, "no TLS version that both sides allow"};
  }
  if (text.find("too small") != text.npos || text.find("too weak") != text.npos) {
    return {Reason::tls_weak, std::string(text)};
  }
  const std::string what = text.empty() ? curl_easy_strerror(static_cast<CURLcode>(code)) : std::string(text);
  return {Reason::tls_handshake, fmt::format("the handshake failed: {}; expected it to complete", printable(what))};
}

}  // namespace nines::probes
