#include "agent/outbound/curl.hpp"

#include <new>

#include "probes/async/libraries.hpp"

namespace nines::agent {
namespace {

int look_for_stop(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0;
}

long tls_version(const std::string& least, const std::string& most) {
  const auto number = [](const std::string& version) { return version.empty() ? 0 : version.back() - '0'; };
  constexpr long kLeast[] = {CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_TLSv1_2,
                             CURL_SSLVERSION_TLSv1_3};
  constexpr long kMost[] = {CURL_SSLVERSION_MAX_TLSv1_0, CURL_SSLVERSION_MAX_TLSv1_1, CURL_SSLVERSION_MAX_TLSv1_2,
                            CURL_SSLVERSION_MAX_TLSv1_3};
  long version = least.empty() ? CURL_SSLVERSION_DEFAULT : kLeast[number(least)];
  if (!most.empty()) version |= kMost[number(most)];
  return version;
}

}  // namespace

Curl::Curl() {
  probes::set_up_libraries();
  easy_ = curl_easy_init();
  if (easy_ == nullptr) throw std::bad_alloc();
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROXY, "");        // the environment decides nothing
  set(CURLOPT_CAPATH, nullptr);  // with it each connection costs 25 ms
  set(CURLOPT_CA_CACHE_TIMEOUT, 0L);
}

Curl::~Curl() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(recipients_);
}

void Curl::set_blob(CURLoption option, const std::string& bytes) {
  // curl's struct is not const, and with COPY nothing is written to.
  curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), CURL_BLOB_COPY};
  curl_easy_setopt(easy_, option, &blob);
}

void Curl::set_tls(const config::TlsConfig& tls) {
  if (tls.insecure_skip_verify) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!tls.ca_file.empty()) set(CURLOPT_CAINFO, tls.ca_file);
  if (!tls.ca.empty()) set_blob(CURLOPT_CAINFO_BLOB, tls.ca);
  if (!tls.cert_file.empty()) set(CURLOPT_SSLCERT, tls.cert_file);
  if (!tls.cert.empty()) set_blob(CURLOPT_SSLCERT_BLOB, tls.cert);
  if (!tls.key_file.empty()) set(CURLOPT_SSLKEY, tls.key_file);
  if (!tls.key.empty()) set_blob(CURLOPT_SSLKEY_BLOB, tls.key.reveal());
  set(CURLOPT_SSLVERSION, tls_version(tls.min_version, tls.max_version));
}

Expected<void> Curl::perform(Micros timeout, const std::stop_token& stop) {
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count() / 1000));
  if (headers_ != nullptr) set(CURLOPT_HTTPHEADER, headers_);
  if (recipients_ != nullptr) set(CURLOPT_MAIL_RCPT, recipients_);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, look_for_stop);
  set(CURLOPT_XFERINFODATA, &stop);
  char told[CURL_ERROR_SIZE] = "";
  set(CURLOPT_ERRORBUFFER, &told[0]);
  const CURLcode code = curl_easy_perform(easy_);
  set(CURLOPT_ERRORBUFFER, nullptr);
  if (code == CURLE_OK) return {};
  if (code == CURLE_ABORTED_BY_CALLBACK) return fail("it was cut off, as the program ends");
  return fail(told[0] != '\0' ? told : curl_easy_strerror(code));
}

int Curl::status() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

}  // namespace nines::agent
