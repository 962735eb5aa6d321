#include "probes/http/tls.hpp"

#include <string_view>

#include <curl/curl.h>
#include <openssl/ssl.h>

namespace nines::probes {

namespace {

template <bool OldVersions>
CURLcode on_context(CURL*, void* ssl_context, void* argument) {
  auto* context = static_cast<SSL_CTX*>(ssl_context);
  auto& record = *static_cast<TlsRecord*>(argument);
  SSL_CTX_set_app_data(context, &record);
  watch_handshakes(context, record.material, OldVersions);
  return CURLE_OK;
}

long min_version(const std::string& name) {
  if (name == "TLS10") return CURL_SSLVERSION_TLSv1_0;
  if (name == "TLS11") return CURL_SSLVERSION_TLSv1_1;
  if (name == "TLS13") return CURL_SSLVERSION_TLSv1_3;
  return CURL_SSLVERSION_TLSv1_2;
}

long max_version(const std::string& name) {
  if (name == "TLS10") return CURL_SSLVERSION_MAX_TLSv1_0;
  if (name == "TLS11") return CURL_SSLVERSION_MAX_TLSv1_1;
  if (name == "TLS12") return CURL_SSLVERSION_MAX_TLSv1_2;
  if (name == "TLS13") return CURL_SSLVERSION_MAX_TLSv1_3;
  return CURL_SSLVERSION_MAX_NONE;
}

}  // namespace

void set_up_tls(void* easy, const config::TlsConfig& config, TlsRecord& record) {
  // The host is judged beside the certificate: libcurl would take a common name for one.
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, config.insecure_skip_verify ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  // Else libcurl keeps the first connection's authorities and verifies all others with them, whatever the context has.
  curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, min_version(config.min_version) | max_version(config.max_version));
  const bool old_versions = wants_old_versions(config);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, old_versions ? &on_context<true> : &on_context<false>);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &record);
}

Outcome tls_failure(int code, const char* curl_text, const TlsRecord& record) {
  if (!record.facts.verdict.ok()) return record.facts.verdict;
  const std::string_view text = curl_text;
  return handshake_failure(text.empty() ? curl_easy_strerror(static_cast<CURLcode>(code)) : text);
}

}  // namespace nines::probes
