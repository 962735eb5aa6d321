#pragma once

// What the JSON endpoints under /api/v1/ do alike: errors as RFC 9457 has them, and who may change something.

#include <optional>
#include <string>

#include "agent/http/listener.hpp"
#include "base/json.hpp"

namespace nines::agent {

HttpAnswer json_answer(int status, const Json& body);

// application/problem+json: {"type":"about:blank","title":"Not Found","status":404,"detail":"there is no window 7"}.
HttpAnswer problem(int status, const std::string& detail);

// Why a request that changes something is refused; none: it is not. A page in somebody's browser cannot send
// application/json here without asking first, which nothing here allows, nor name this machine as its own host. While
// the agent listens elsewhere than on loopback nobody may: there is no way to tell who asks.
std::optional<HttpAnswer> refused_change(const HttpQuery& query, const std::string& listen_host);

}  // namespace nines::agent
