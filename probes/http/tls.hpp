#pragma once

// TLS of libcurl's connections, watched and judged by probes/tls.

#include <string>

#include "base/outcome.hpp"
#include "config/modules.hpp"
#include "probes/tls/record.hpp"

namespace nines::probes {

// Sets verification, versions and client certificate on `easy` (a CURL*), by what record.material holds, and makes it
// fill `record`, which outlives the transfer.
void set_up_tls(void* easy, const config::TlsConfig& config, TlsRecord& record);

// Why a handshake ended with `code` (CURLcode) and libcurl's text: the reason and what to say after "TLS with HOST: ".
Outcome tls_failure(int code, const char* curl_text, const TlsRecord& record);

}  // namespace nines::probes
