#pragma once

// What one TLS handshake told, also when its certificate was refused.

#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "base/time.hpp"

namespace nines::probes {

// Of the leaf certificate, as blackbox_exporter's probe_ssl_last_chain_info writes it.
struct CertificateFacts {
  std::string fingerprint_sha256;  // hex, lower case
  std::string subject;             // RFC 2253 as Go's pkix.Name.String: "CN=localhost,O=Example"
  std::string issuer;
  std::vector<std::string> dns_names;  // of subjectAltName, in order
  std::string serial;                  // hex, lower case
};

struct TlsFacts {
  std::string version;  // "TLS 1.3"; empty: no handshake was finished
  std::string cipher;   // IANA's name: "TLS_AES_128_GCM_SHA256"
  std::string alpn;     // agreed on; empty: none
  std::optional<CertificateFacts> leaf;
  std::optional<Time> earliest_expiry;  // over the chain as sent
  std::optional<Time>
      last_chain_expiry;  // the latest, over all verified chains, of each chain's earliest; none: not verified
  Outcome verdict;        // why the certificate was refused; ok: it was not
};

}  // namespace nines::probes
