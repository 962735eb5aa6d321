#pragma once

// Which words may be names of what.

#include <cstddef>
#include <string>
#include <string_view>

namespace nines::config {

inline constexpr std::size_t kMaxNameBytes = 200;

// Letters, digits and _, no digit first: variables, captures, Prometheus label names.
bool is_identifier(std::string_view text);
// An identifier that may hold colons.
bool is_metric_name(std::string_view text);
// RFC 9110 token: header names, methods.
bool is_http_token(std::string_view text);
// ASCII letters in lower case, other bytes as they are.
std::string lower_case(std::string_view text);
// Empty when `text` may name a check, a service, a region …; else what is wrong with it: "has 212 bytes: expected …".
std::string name_fault(std::string_view text);

}  // namespace nines::config
