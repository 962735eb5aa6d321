#pragma once

// One answer of a step, held against what the step expects of it and captures from it.

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "journeys/context.hpp"
#include "probes/http/exchange.hpp"

namespace nines::journeys {

// A complete answer. Its body is parsed once, and only while it is small: large ones are jq's alone, off the loop.
class Answer {
 public:
  explicit Answer(probes::HttpExchange exchange);
  ~Answer();
  Answer(Answer&&) noexcept;
  Answer& operator=(Answer&&) noexcept;

  const probes::HttpExchange& exchange() const { return exchange_; }
  // Nullptr when the body is not JSON, or large.
  const Json* document() const { return document_.get(); }

 private:
  probes::HttpExchange exchange_;
  std::unique_ptr<Json> document_;
};

enum class StatusDefault { success, any };  // what an Expect without `status` accepts: 2xx and 3xx, or everything

// All that is not as expected, in one sentence part: "expected status 200 or 201, got 500; expected …". The reason is
// the first in the order http_status, assertion, too_slow, agent_jq that applies. `duration` is what `duration:` is
// about. Redacted. Pointers outlive the task.
probes::Task<Outcome> judge(Context* run, const config::Expect* expect, const Answer* answer, StatusDefault otherwise,
                            Micros duration, probes::Stop stop);

// Puts what the step captures into the run's variables. The outcome is that of the first capture that finds nothing;
// the others are made all the same.
probes::Task<Outcome> capture(Context* run, const config::Step* step, const Answer* answer, probes::Stop stop);

}  // namespace nines::journeys
