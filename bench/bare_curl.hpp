#pragma once

#include <string>

namespace nines::bench {

// The yardstick: `count` GETs of `url` with nothing but libcurl's multi interface on a libuv loop, `at_once` at a time,
// a new connection each. Returns how many were answered with 200.
int bare_curl(const std::string& url, int count, int at_once);

}  // namespace nines::bench
