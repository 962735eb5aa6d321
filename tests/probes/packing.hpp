#pragma once

// What a server would send compressed.

#include <string>

namespace nines::probes::test {

std::string gzip(const std::string& text);
std::string deflate_raw(const std::string& text);
std::string brotli_of(const std::string& text);

}  // namespace nines::probes::test
