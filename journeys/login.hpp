#pragma once

// How a step shows who it is.

#include <optional>

#include "journeys/context.hpp"
#include "probes/http/exchange.hpp"

namespace nines::journeys {

// What a request was given to log in with.
struct LoggedIn {
  Outcome outcome;                           // ok: the request may be sent
  std::optional<config::OAuth2> token_of{};  // an OAuth2 token, that of this configuration …
  bool token_kept = false;                   // … and it was there before
};

// Puts the step's `login` into the request, its templates expanded now. An OAuth2 token is fetched, or taken from the
// engine's AccessTokens, which keeps it until shortly before it expires; every run with the same client, user and
// secrets shares it. What was used is masked. Outcomes: capture (a name without a value), oauth2_token,
// agent_shutdown. Pointers outlive the task.
probes::Task<LoggedIn> log_in(Context* run, const config::Step* step, probes::HttpRequest* request, probes::Stop stop);

}  // namespace nines::journeys
