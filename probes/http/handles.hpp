#pragma once

// libcurl's handles of one hop. (Only for .cpp files: it brings libcurl's header.)

#include <memory>

#include <curl/curl.h>

#include "probes/http/hop.hpp"

namespace nines::probes {

// The TLS of an https:// proxy and of what is behind it.
struct TwoContexts {
  TlsMaterial material;  // for the proxy
  bool seen = false;     // the proxy's, the first of the two
  bool old_versions = false;
  TlsRecord* record = nullptr;
};

struct Hop::Handles {
  CURL* easy = curl_easy_init();
  curl_slist* headers = nullptr;
  curl_slist* connect_to = nullptr;
  curl_slist* proxy_headers = nullptr;
  curl_slist* resolve = nullptr;
  CURLSH* names = nullptr;  // a DNS cache of this hop's own, for the name of an https:// proxy
  TwoContexts contexts;

  Handles() = default;
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  ~Handles() {
    curl_easy_cleanup(easy);
    if (names != nullptr) curl_share_cleanup(names);
    for (curl_slist* list : {headers, connect_to, proxy_headers, resolve}) curl_slist_free_all(list);
  }
};

}  // namespace nines::probes
