#pragma once

// SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104).

#include <string>
#include <string_view>

namespace nines {

std::string sha256(std::string_view bytes);                             // 32 bytes
std::string hmac_sha256(std::string_view key, std::string_view bytes);  // 32 bytes
std::string hex(std::string_view bytes);                                // lower case

}  // namespace nines
