#pragma once

// libcurl's handle of one request of the program's own. (Only for .cpp files of agent/outbound/: it brings libcurl's
// header.)

#include <stop_token>
#include <string>

#include <curl/curl.h>

#include "base/error.hpp"
#include "config/modules.hpp"

namespace nines::agent {

// Blocking; one thread. Everything it is given outlives perform().
class Curl {
 public:
  Curl();
  ~Curl();
  Curl(const Curl&) = delete;
  Curl& operator=(const Curl&) = delete;

  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(easy_, option, value);
  }
  void set(CURLoption option, const std::string& value) { curl_easy_setopt(easy_, option, value.c_str()); }
  // Bytes that curl copies.
  void set_blob(CURLoption option, const std::string& bytes);
  void set_tls(const config::TlsConfig& tls);
  void add_header(const std::string& line) { headers_ = curl_slist_append(headers_, line.c_str()); }
  void add_recipient(const std::string& address) { recipients_ = curl_slist_append(recipients_, address.c_str()); }

  curl_mime* new_mime() { return curl_mime_init(easy_); }  // the caller frees it

  // Ends soon after `stop` is asked for. One sentence on failure.
  Expected<void> perform(Micros timeout, const std::stop_token& stop);
  int status() const;

 private:
  CURL* easy_;
  curl_slist* headers_ = nullptr;
  curl_slist* recipients_ = nullptr;
};

}  // namespace nines::agent
