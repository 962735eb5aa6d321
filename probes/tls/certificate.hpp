#pragma once

// Reading an X.509 certificate (RFC 5280). Pure; any thread.

#include <optional>
#include <string>

#include <openssl/types.h>

#include "base/time.hpp"
#include "probes/tls/facts.hpp"

namespace nines::probes {

std::optional<Time> to_time(const ASN1_TIME* asn1);

CertificateFacts certificate_facts(X509* certificate);

// As Go's pkix.Name.String() writes it: "CN=localhost,O=Example", in an order of its own and whatever the
// certificate's.
std::string name_text(const X509_NAME* name);

// DNS names and addresses of subjectAltName for a sentence: "example.com, 192.0.2.7".
std::string alternative_names(X509* certificate);

// Whether it is for `host`, a name or an address, by its subjectAltName alone (RFC 9525); common names do not count.
bool is_for_host(X509* certificate, const std::string& host);

}  // namespace nines::probes
