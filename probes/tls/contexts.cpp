#include "probes/tls/contexts.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "base/digest.hpp"
#include "probes/tls/record.hpp"

namespace nines::probes {

namespace {

int version_number(const std::string& name, int otherwise) {
  if (name == "TLS10") return TLS1_VERSION;
  if (name == "TLS11") return TLS1_1_VERSION;
  if (name == "TLS12") return TLS1_2_VERSION;
  if (name == "TLS13") return TLS1_3_VERSION;
  return otherwise;
}

// RFC 7301, 3.1: each name after a byte of its length.
std::string wire_form(const std::vector<std::string>& protocols) {
  std::string out;
  for (const std::string& protocol : protocols) {
    out += static_cast<char>(protocol.size());
    out += protocol;
  }
  return out;
}

std::shared_ptr<SSL_CTX> make_context(const config::TlsConfig& config, const TlsMaterial& material,
                                      const std::string& alpn) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), version_number(config.min_version, TLS1_2_VERSION));
  SSL_CTX_set_max_proto_version(context.get(), version_number(config.max_version, 0));
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (!alpn.empty()) {
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size()));
  }
  watch_handshakes(context.get(), material, wants_old_versions(config));
  return context;
}

}  // namespace

// NOLINTNEXTLINE(*-reference-coroutine-parameters): the configuration outlives the task
Task<Expected<TlsContext>> TlsContexts::get(const config::TlsConfig& config, std::vector<std::string> alpn, Stop stop) {
  auto material = co_await materials_.get(config, stop);
  if (!material) co_return std::unexpected(std::move(material.error()));
  const std::string offered = wire_form(alpn);
  const std::string key = fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", config.insecure_skip_verify, config.min_version,
                                      config.max_version, offered, config.ca_file, config.ca, config.cert_file,
                                      config.cert, config.key_file, sha256(config.key.reveal()));
  TlsContext& kept = kept_[key];
  const bool same =
      kept.material.trust == material->trust && kept.material.own_certificate == material->own_certificate;
  if (!kept.context || !same) {
    kept.context = make_context(config, *material, offered);
    kept.material = std::move(*material);
  }
  if (!kept.context) co_return fail("OpenSSL could not make a context for TLS");
  co_return kept;
}

}  // namespace nines::probes
