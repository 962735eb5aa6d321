#pragma once

// Runs the probes that /probe asks for, on a loop of its own, so that they delay no check.

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "probes/engine.hpp"
#include "probes/probe.hpp"
#include "probes/probe_log.hpp"

namespace nines::agent {

// Owns a thread, and a jq helper when a module needs one. Targets are judged by the configuration's
// probe_endpoint.allow and deny. As many probes run at once as threads wait for one.
class ProbeService {
 public:
  struct Request {
    std::shared_ptr<const config::Module> module;
    std::string target;
    double timeout_seconds = 0;
    // Whether no one waits for the answer any more: asked now and then on the thread of probe(), cuts the probe.
    std::function<bool()> gone{};
  };
  struct Answer {
    probes::ProbeResult result;
    probes::ProbeLog log;
  };

  // `clock` outlives this. Throws when the system has no thread or descriptors for it.
  ProbeService(std::shared_ptr<const config::Config> config, const Clock& clock);
  ~ProbeService();  // no probe() is waiting any more; joins
  ProbeService(const ProbeService&) = delete;

  // Waits for the probe's end, by `timeout_seconds` plus little. From any thread but the service's own. Once a stop was
  // asked for the result is agent_shutdown.
  Answer probe(Request request);
  // Any thread; returns at once. Cuts what is going on.
  void request_stop();

 private:
  struct State;
  struct Job;
  void run();
  static probes::Task<void> serve(State* state, probes::Engine* engine);
  static probes::Task<void> perform(State* state, std::shared_ptr<Job> job, probes::Stop stop);

  std::unique_ptr<State> state_;
  std::thread thread_;
};

}  // namespace nines::agent
