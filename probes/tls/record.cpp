#include "probes/tls/record.hpp"

#include <span>

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "base/text.hpp"
#include "probes/async/loop.hpp"
#include "probes/tls/certificate.hpp"
#include "probes/tls/chains.hpp"
#include "probes/tls/staple.hpp"
#include "probes/tls/verdict.hpp"

namespace nines::probes {

namespace {

// With the lowest security level, which old versions need, SHA-1 and short keys would pass too.
constexpr int kOldAuthLevel = 1;

// libcurl keeps something of its own in its sessions' app data, so the context is asked first: only ours have none.
// libcurl has the application's data for itself.
int record_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

TlsRecord* record_of(const SSL* ssl) {
  void* record = SSL_get_ex_data(ssl, record_index());
  if (record == nullptr) record = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
  return static_cast<TlsRecord*>(record);
}

std::shared_ptr<X509> shared(X509* certificate) {
  if (certificate == nullptr || X509_up_ref(certificate) != 1) return nullptr;
  return {certificate, &X509_free};
}

void take_facts(X509_STORE_CTX* context, TlsRecord& record) {
  record.leaf = shared(X509_STORE_CTX_get0_cert(context));
  if (!record.leaf) return;
  record.facts.leaf = certificate_facts(record.leaf.get());
  const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(context);
  for (int i = 0; i < sk_X509_num(sent); ++i) {
    const auto expiry = to_time(X509_get0_notAfter(sk_X509_value(sent, i)));
    auto& earliest = record.facts.earliest_expiry;
    if (expiry && (!earliest || *expiry < *earliest)) earliest = expiry;
  }
}

int on_verify(X509_STORE_CTX* context, void* /*argument*/) {
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsRecord* const record = record_of(ssl);
  if (record == nullptr) return 0;
  take_facts(context, *record);
  if (!record->material.trust) {
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
  }
  if (SSL_get_security_level(ssl) < kOldAuthLevel) {
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context), kOldAuthLevel);
  }
  X509_verify_cert(context);
  record->facts.verdict = judge_certificate(context, record->host);
  if (record->facts.verdict.ok()) {
    record->facts.last_chain_expiry = latest_chain_expiry(context);
    const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context);
    record->issuer = shared(sk_X509_value(chain, sk_X509_num(chain) > 1 ? 1 : 0));
  } else if (X509_STORE_CTX_get_error(context) == X509_V_OK) {
    X509_STORE_CTX_set_error(context, X509_V_ERR_HOSTNAME_MISMATCH);
  }
  return 1;
}

// Comes when the certificate has been verified, whichever the version.
int on_staple(SSL* ssl, void* /*argument*/) {
  TlsRecord* const record = record_of(ssl);
  const unsigned char* answer = nullptr;
  const long size = SSL_get_tlsext_status_ocsp_resp(ssl, static_cast<void*>(&answer));
  if (record == nullptr || size <= 0 || !record->material.trust || !record->issuer || !record->facts.verdict.ok()) {
    return 1;
  }
  const auto revoked =
      revoked_by_staple({answer, static_cast<std::size_t>(size)}, record->leaf.get(), record->issuer.get(),
                        SSL_get_peer_cert_chain(ssl), record->material.trust.get());
  if (!revoked) return 1;
  record->facts.verdict = revoked_verdict(*revoked);
  SSL_set_verify_result(ssl, X509_V_ERR_CERT_REVOKED);
  return 1;
}

void on_handshake_done(const SSL* ssl, TlsRecord& record) {
  record.end_ns = Loop::now_ns();
  const std::string_view version = SSL_get_version(ssl);  // "TLSv1.3"
  TlsFacts& facts = record.facts;
  facts.version = version.starts_with("TLSv") ? "TLS " + std::string(version.substr(4)) : std::string(version);
  if (facts.version == "TLS 1") facts.version = "TLS 1.0";
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  const char* standard = cipher != nullptr ? SSL_CIPHER_standard_name(cipher) : nullptr;
  facts.cipher = standard != nullptr ? standard : SSL_CIPHER_get_name(cipher);
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &size);
  facts.alpn = printable({reinterpret_cast<const char*>(protocol), size});
}

void on_info(const SSL* ssl, int where, int /*value*/) {
  TlsRecord* const record = record_of(ssl);
  if (record == nullptr) return;
  if ((where & SSL_CB_HANDSHAKE_START) != 0 && record->start_ns == 0) record->start_ns = Loop::now_ns();
  if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && record->end_ns == 0) on_handshake_done(ssl, *record);
}

}  // namespace

bool wants_old_versions(const config::TlsConfig& config) {
  return config.min_version == "TLS10" || config.min_version == "TLS11";
}

void set_record(SSL* session, TlsRecord* record) {
  SSL_set_ex_data(session, record_index(), record);
}

void use_material(SSL_CTX* context, const TlsMaterial& material) {
  if (material.trust) SSL_CTX_set1_cert_store(context, material.trust.get());
  if (const auto& own = material.own_certificate) {
    SSL_CTX_use_certificate(context, own->leaf.get());
    for (const auto& more : own->chain) SSL_CTX_add1_chain_cert(context, more.get());
    SSL_CTX_use_PrivateKey(context, own->key.get());
  }
}

void watch_handshakes(SSL_CTX* context, const TlsMaterial& material, bool old_versions) {
  if (old_versions) SSL_CTX_set_security_level(context, 0);
  use_material(context, material);
  SSL_CTX_set_cert_verify_callback(context, &on_verify, nullptr);
  SSL_CTX_set_info_callback(context, &on_info);
  SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
  SSL_CTX_set_tlsext_status_cb(context, &on_staple);
}

Outcome handshake_failure(std::string_view text) {
  const auto says = [&](auto... parts) { return ((text.find(parts) != std::string_view::npos) || ...); };
  if (text.empty() || says("unexpected eof")) {
    return {Reason::tls_handshake, "the connection was closed in the handshake; expected it to complete"};
  }
  if (says("certificate required")) {
    return {Reason::tls_handshake, "the server wants a client certificate; expected it to do without, or one in `tls`"};
  }
  if (says("wrong version number", "http request")) {
    return {Reason::tls_unexpected, "the answer was not TLS; expected a TLS handshake"};
  }
  if (says("protocol version", "unsupported protocol", "version too low")) {
    return {Reason::tls_protocol, "no TLS version that both sides allow"};
  }
  if (says("no application protocol", "reason(1120)")) {
    return {Reason::tls_handshake, "the server speaks none of the protocols offered (ALPN); expected it to take one"};
  }
  if (says("too small", "too weak", "insufficient security")) {
    return {Reason::tls_weak, fmt::format("{}; expected stronger keys and digests", printable(text))};
  }
  return {Reason::tls_handshake, fmt::format("the handshake failed: {}; expected it to complete", printable(text))};
}

}  // namespace nines::probes
