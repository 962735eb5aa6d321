#pragma once

// One run of a check (with its retries) or of a journey, from start to the row that is stored.

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
  probes::ProbeResult probe;                // checks: the last attempt, body and headers emptied
  std::vector<journeys::Request> requests;  // every HTTP answer, for the application metrics
  std::vector<journeys::StepResult> steps;  // journeys
  std::vector<Outcome> cleanup_failures;    // journeys
  std::vector<std::pair<std::string, bool>> components;
  std::string version;
  std::string unread;        // why components or version could not be read from the body; empty: they were
  bool interrupted = false;  // cut off by a shutdown: says nothing about the target
};

// Runs on the engine's loop. Never fails: a failure is in the result.
probes::Task<RunReport> run_check(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Config> config,
                                  const config::Check* check, probes::Stop stop);
probes::Task<RunReport> run_journey(probes::Engine& engine, probes::Jq& jq,
                                    std::shared_ptr<const config::Config> config, const config::Journey* journey,
                                    probes::Stop stop);

// Compiles every jq program of the configuration; faults with their places.
probes::Task<std::vector<Error>> compile_programs(probes::Jq& jq, std::shared_ptr<const config::Config> config,
                                                  probes::Stop stop);

}  // namespace nines::agent
