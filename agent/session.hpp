#pragma once

// All that is made of one configuration: probing, what is known of its checks, /probe. A reload makes another.

#include <atomic>
#include <memory>
#include <vector>

#include "agent/alerts/alerting.hpp"
#include "agent/evaluator.hpp"
#include "agent/exporter.hpp"
#include "agent/gate/deployments.hpp"
#include "agent/ledger.hpp"
#include "agent/metrics.hpp"
#include "agent/monitor.hpp"
#include "agent/probe_endpoint.hpp"
#include "agent/probe_history.hpp"
#include "agent/probe_service.hpp"
#include "agent/probe_thread.hpp"
#include "agent/traces.hpp"
#include "agent/windows.hpp"
#include "base/clock.hpp"
#include "config/config.hpp"
#include "store/store.hpp"

namespace nines::agent {

// What a session is made over; outlives every session.
struct SessionGround {
  store::Store& store;
  const Clock& clock;
  ProbeHistory& history;
  const LoadState& load;
  StoredLedger& ledger;
  Deployments& deployments;
  Alerting& alerting;
};

// Its members may be read on any thread; the methods are for one thread at a time.
class Session {
 public:
  // Takes up counters and states where the store has them.
  static Expected<std::shared_ptr<Session>> make(std::shared_ptr<const config::Config> config,
                                                 const SessionGround& ground);
  ~Session();  // stops

  // Makes all that probing needs, and throws when the system has no room for it.
  void prepare(int threads);
  // Records the settings and maintenance windows as they are from now on.
  Expected<void> record_settings();
  // Goes by the windows that the store has now. Any thread.
  void look_at_windows();
  // Goes on with what is known of the same checks; `before` has stopped probing.
  void take_over(Session& before);
  // Once after prepare().
  void start_probing();
  // Runs in flight are cut; waits for their end.
  void stop_probing();
  // Cuts the probes of /probe that are going on; later ones are refused.
  void stop_endpoint();

  const std::shared_ptr<const config::Config> config;
  StoredLedger& ledger;
  Metrics metrics;
  Monitor monitor;
  Evaluator evaluator;
  Exporter exporter;
  std::unique_ptr<ProbeService> service;  // null: /probe is disabled
  ProbeEndpoint endpoint;
  std::unique_ptr<Traces> traces;  // null: none are kept

 private:
  Session(std::shared_ptr<const config::Config> given, const SessionGround& ground);

  store::Store& store_;
  const Clock& clock_;
  LiveWindows windows_;
  std::vector<std::unique_ptr<ProbeThread>> threads_;
};

}  // namespace nines::agent
