#pragma once

// One run of a check (with its retries) or of a journey, from start to the row that is stored.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"
#include "journeys/run.hpp"
#include "probes/engine.hpp"
#include "probes/jq.hpp"
#include "probes/probe.hpp"

namespace nines::agent {

// What one finished run has to say, handed from the loop to whoever accounts for it.
struct RunReport {
  const config::Schedule* schedule = nullptr;  // in the Config, which outlives the report
  Result result;
  probes::ProbeResult probe;                 // checks: the last attempt, body and headers emptied
  std::vector<journeys::Request> requests;   // every HTTP answer, for the application metrics
  std::vector<journeys::StepResult> steps;   // journeys
  std::vector<Outcome> cleanup_failures;     // journeys
  probes::TraceContext trace{};              // `sampled` as it was when the run began
  std::vector<std::string> attempt_spans;    // checks: the ids of their spans
  std::vector<probes::Exchanged> exchanges;  // masked; when they were asked for: not in what `judged` is given
  std::size_t exchanges_left_out = 0;
  int given_up = 0;  // journeys: things in the target that no run will try to remove again
  std::vector<std::pair<std::string, bool>> components;
  std::string version;
  std::string unread;        // why components or version could not be read from the body; empty: they were
  bool interrupted = false;  // cut off by a shutdown: says nothing about the target
};

using journeys::Record;

// What a run sends of its trace, and what is kept of it.
struct RunTrace {
  Record record = Record::nothing;
  probes::TraceContext context = probes::make_trace_context();
};

// Runs on the engine's loop. Never fails: a failure is in the result.
probes::Task<RunReport> run_check(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Config> config,
                                  const config::Check* check, probes::Stop stop, RunTrace trace = {});

struct JourneyOptions {
  journeys::Ledger* ledger = nullptr;  // outlives the run; null: memory only
  RunTrace trace{};
  // Called when the steps are done, with all but what `finally` and the ledger's deletions add.
  std::function<void(RunReport)> judged{};
};
// Ends with the cleanup, which is in the report too.
probes::Task<RunReport> run_journey(probes::Engine& engine, probes::Jq& jq,
                                    std::shared_ptr<const config::Config> config, const config::Journey* journey,
                                    probes::Stop stop, JourneyOptions options = {});
// Removes what earlier processes left of the journey: a report of cleanup alone.
probes::Task<RunReport> recover_journey(probes::Engine& engine, probes::Jq& jq,
                                        std::shared_ptr<const config::Config> config, const config::Journey* journey,
                                        probes::Stop stop, journeys::Ledger* ledger);

// Compiles every jq program of the configuration; faults with their places.
probes::Task<std::vector<Error>> compile_programs(probes::Jq& jq, std::shared_ptr<const config::Config> config,
                                                  probes::Stop stop);

}  // namespace nines::agent
