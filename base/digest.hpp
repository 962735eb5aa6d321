#pragma once

// SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104).

#include <memory>
#include <string>
#include <string_view>

namespace nines {

std::string sha256(std::string_view bytes);                             // 32 bytes
std::string hmac_sha256(std::string_view key, std::string_view bytes);  // 32 bytes
std::string hex(std::string_view bytes);                                // lower case

// The same of bytes that come one after another.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;

  void add(std::string_view bytes);
  std::string finish();  // 32 bytes; once, at the end

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace nines
