#pragma once

// Commands that ask a running agent over HTTP instead of a store.

#include <string>

#include "agent/entry.hpp"
#include "agent/exit_code.hpp"
#include "agent/outbound/http.hpp"
#include "base/json.hpp"

namespace nines::agent {

// The JSON object that the agent at this URL answers; a Refusal with the status and its `detail` where it answers
// another thing, 503 where it does not.
Answered<Json> ask_agent(const std::string& url, HttpCall made);

// Tells it on standard error; the store's fault or the request's.
Exit tell_refusal(const Refusal& refusal);

}  // namespace nines::agent
