#pragma once

// Traces of runs, for an OpenTelemetry collector: which are kept (docs/decisions/006-*.md), and their way there.

#include <memory>

#include "agent/metrics.hpp"
#include "agent/runner.hpp"
#include "config/config.hpp"

namespace nines::agent {

// Owns a thread that sends what has ended (OTLP over HTTP, JSON) in batches; what finds the queue full is dropped,
// counted and logged. A collector that does not answer costs the probes nothing. begin() and end() may be called from
// any thread and do not block.
class Traces {
 public:
  static constexpr std::size_t kMostQueued = 20'000;  // spans
  static constexpr std::size_t kMostAtOnce = 1000;    // spans of one request, or those of one run

  // `config` has `tracing`; `metrics` outlives this.
  Traces(std::shared_ptr<const config::Config> config, Metrics& metrics);
  // Sends what is queued, within two seconds.
  ~Traces();
  Traces(const Traces&) = delete;

  // What a run of the check or journey is given.
  RunTrace begin(const config::Schedule& schedule) const;
  // Takes the trace of a run that has ended, its cleanup too, if it is one to keep.
  void end(const RunReport& report);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nines::agent
