#pragma once

// The front door of journeys/: one run of one journey.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/checks.hpp"
#include "journeys/ledger.hpp"
#include "probes/engine.hpp"
#include "probes/jq.hpp"
#include "probes/probe.hpp"

namespace nines::journeys {

// One HTTP answer a step got (a polling step gets several), for application metrics.
struct Request {
  std::string method;
  std::string path;  // the template before expansion, without query
  int status = 0;    // 0: no answer
  Micros duration{0};
};

struct StepResult {
  std::string name;  // of a round of `repeat`: "name[2]"
  int number = 0;    // of the run's steps that sent something, from 1: Exchanged::step
  bool finally = false;
  bool skipped = false;  // its `when` did not hold
  Outcome outcome;
  int status = 0;
  Micros start{0};     // since the start of the run
  Micros duration{0};  // from its first request to the accepted answer
  Phases phases;       // summed over its requests
  bool measured = false;
  std::vector<Request> requests;
};

struct Run {
  Result result;  // row and evidence filled; region left to the caller
  std::vector<StepResult> steps;
  std::vector<Outcome> cleanup_failures;     // of `finally`: warnings of their own, never the target's downtime
  int given_up = 0;                          // things left in the target that no run will try to remove again
  std::vector<probes::Exchanged> exchanges;  // masked; when they were asked for
  std::size_t exchanges_left_out = 0;        // beyond probes::Recording::kMost
};

enum class Record { nothing, spans, texts };  // texts: spans, heads and bodies

struct RunOptions {
  Ledger* ledger = nullptr;  // outlives the run; null: one of the run's own
  Record record = Record::nothing;
  // Called when the steps are done, before `finally`, with all but the exchanges: their result is the journey's,
  // however long the cleanup takes.
  std::function<void(const Run&)> judged{};
};

// Runs steps up to the first failure, then every step of `finally` (also after a failure, the timeout or a shutdown),
// with finally_timeout of its own, of which each step may use its share of what is left; a shutdown leaves five seconds
// of it. What the steps made and `finally` did not remove is deleted after it (journeys/cleanup.hpp), with what earlier
// runs left if this one passed. `stop` is the agent's: the journey's own timeout is applied inside. Loop's thread;
// engine and jq outlive it.
//
// A step sends its request, captures, then judges, so that what a wrong answer created is known to `finally`. Cookies
// are the run's: they are sent with its later steps (RFC 6265) and forgotten with it. All that is wrong is told at
// once; what ends a step has this reason:
//   the transport's own (connect_refused, http_timeout, …)   no complete answer
//   oauth2_token                                             no token to log in with
//   http_status, assertion, too_slow                         `expect`: status, all else, duration: the first of them
//   capture                                                  a capture found nothing, or its value cannot be sent
//   poll_timeout                                             answers came, but none as `until` wants in time
//   timeout, agent_shutdown, agent_jq                        the journey's time was up; the agent's doing
// Messages name the step and hold no secret (journeys/masks.hpp):
//   step "create" (POST /api/v1/tasks): expected status 200 or 201, got 500
probes::Task<Run> run(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Journey> journey,
                      probes::TraceContext trace, probes::Stop stop, RunOptions options = {});

// Removes what earlier processes left of this journey in its target: runs, for their captures and cookies, the steps
// before those that made it, without any that makes something itself, and then sends the deletions. Within the
// journey's timeout and finally_timeout; a shutdown leaves five seconds. `result` of the run says nothing.
probes::Task<Run> recover(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Journey> journey,
                          probes::TraceContext trace, probes::Stop stop, Ledger* ledger);

// Compiles every jq program with the names visible to it: `until` sees what earlier steps captured, `expect` also what
// its own step does; and every XPath expression. Faults come with their places.
probes::Task<std::vector<Error>> compile(probes::Jq& jq, std::shared_ptr<const config::Journey> journey,
                                         probes::Stop stop);

}  // namespace nines::journeys
