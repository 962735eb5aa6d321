#pragma once

// One thread, one loop: the fixed-rate schedule of its share of checks and journeys.

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "agent/runner.hpp"
#include "base/clock.hpp"
#include "config/config.hpp"

namespace nines::agent {

class Traces;

// Told on the probe thread; must not block.
class RunListener {
 public:
  virtual ~RunListener() = default;
  virtual void started(const config::Schedule& schedule, std::chrono::nanoseconds lateness) = 0;
  virtual void skipped(const config::Schedule& schedule, std::uint64_t turns) = 0;
  virtual void finished(RunReport report) = 0;
  // After finished(), and after the start's removal of what was left: what a journey's cleanup did. Of the report, the
  // steps of `finally` and what they failed at.
  virtual void cleaned(const RunReport& /*report*/) {}
};

// The first turn of a schedule at or after `now`: turns are where the wall clock modulo the interval reads the phase
// hashed from the name, so that runs neither bunch nor move with a restart. Later turns follow the monotonic clock.
Time first_turn(const config::Schedule& schedule, Time now);

class ProbeThread {
 public:
  // Runs what `mine` picks, from begin() on; throws when the system has no thread or descriptors for it. `listener`,
  // `clock`, `ledger`, without which journeys keep theirs in memory, and `traces`, without which none is kept, outlive
  // this. More than `runs_at_once` runs wait for one another (probes/descriptors.hpp); the wait is lateness.
  ProbeThread(std::shared_ptr<const config::Config> config, std::function<bool(const config::Schedule&)> mine,
              RunListener& listener, const Clock& clock, std::size_t runs_at_once, journeys::Ledger* ledger = nullptr,
              Traces* traces = nullptr);
  ~ProbeThread();  // stops and joins
  ProbeThread(const ProbeThread&) = delete;

  // Once.
  void begin();
  // Any thread; returns at once. Runs in flight are cut, journeys clean up after themselves.
  void request_stop();
  // Waits for the end: every task joined, every handle closed.
  void join();

 private:
  struct State;
  void run();
  static probes::Task<void> run_all(State* state, probes::Engine* engine, probes::StopSource* source);

  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace nines::agent
