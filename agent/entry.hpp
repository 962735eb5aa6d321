#pragma once

// What people enter by a command or over HTTP: how it is read and refused. What maintenance windows and notes about
// incidents share.

#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json.hpp"

namespace nines::agent {

// A fault of what was asked for (of the store: no Refusal, an Error).
struct Refusal {
  int status = 422;  // of HTTP
  std::string why;
};
template <class T>
using Answered = std::expected<T, Refusal>;

std::unexpected<Refusal> refuse(std::string why, int status = 422);
std::unexpected<Refusal> store_failed(const Error& error);  // 503

// Calls `take(key, value)` for each member of a JSON object; it says false for one it does not know.
Expected<void> read_members(std::string_view text,
                            const std::function<Expected<bool>(const std::string& key, const Json& value)>& take);
// A member of the kind, into `into`; always true.
Expected<bool> keep_text(const Json& value, const std::string& key, std::string& into);
Expected<bool> keep_flag(const Json& value, const std::string& key, bool& into);

// What is wrong with a text of one line that must be there; empty: nothing. `what` it is expected to be.
std::string text_fault(const std::string& name, const std::string& text, std::size_t most, std::string_view what);

}  // namespace nines::agent
