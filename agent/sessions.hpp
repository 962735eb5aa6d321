#pragma once

// The session that is running, and its replacement when the configuration is read again.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "agent/session.hpp"

namespace nines::agent {

struct SessionOptions {
  std::string config;  // path, read again by a reload
  int threads = 1;     // that probe
};

// Any thread.
class Sessions {
 public:
  // All outlive this.
  Sessions(SessionOptions options, store::Store& store, Deployments& deployments, const Clock& clock);

  // The first one, and probing with it. Before anything else.
  Expected<void> begin(std::shared_ptr<const config::Config> config);

  // Whoever answers a request keeps it until the answer is made.
  std::shared_ptr<Session> current() const;

  // Reads the configuration again and goes on with it. Probing pauses: runs in flight are cut, as at a shutdown.
  // Nothing changes when it has faults, which are logged and returned, when it changes what only a start can (region,
  // listen, data_dir), or when the agent cannot go on with it: no store, threads or descriptors. Never throws.
  std::vector<Error> reload();

  // The end: no probe goes on when it returns, and no reload will begin.
  void stop();

 private:
  std::vector<Error> replace();
  void put_in_place(std::shared_ptr<Session> next);
  void alert_for(const std::shared_ptr<Session>& session);
  std::vector<Error> fixed_by_start(const config::Config& config) const;

  SessionOptions options_;
  store::Store& store_;
  Deployments& deployments_;
  const Clock& clock_;
  LoadState load_;
  ProbeHistory history_;
  std::optional<StoredLedger> ledger_;   // from begin() on
  Alerting alerting_;                    // may be the last to let go of a session, which uses the ledger
  std::optional<SessionGround> ground_;  // from begin() on

  std::mutex reloading_;                         // one at a time
  bool stopped_ = false;                         // guarded by it
  std::vector<std::weak_ptr<Session>> earlier_;  // oldest first

  mutable std::mutex mutex_;
  std::shared_ptr<Session> current_;  // guarded
};

}  // namespace nines::agent
