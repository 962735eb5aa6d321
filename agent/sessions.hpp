#pragma once

// The session that is running, and its replacement when the configuration is read again.

#include <atomic>
#include <memory>
#include <mutex>
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
  // `store` and `clock` outlive this.
  Sessions(SessionOptions options, store::Store& store, const Clock& clock);

  // The first one, and probing with it. Before anything else.
  Expected<void> begin(std::shared_ptr<const config::Config> config);

  // Whoever answers a request keeps it until the answer is made.
  std::shared_ptr<Session> current() const;

  // Reads the configuration again and goes on with it. Probing pauses: runs in flight are cut, as at a shutdown.
  // Nothing changes when it has faults, which are logged and returned, or when it changes what only a start can
  // (region, listen, data_dir).
  std::vector<Error> reload();

  // The end: no probe goes on when it returns, and no reload will begin.
  void stop();

 private:
  std::vector<Error> replace();
  std::vector<Error> fixed_by_start(const config::Config& config) const;

  SessionOptions options_;
  store::Store& store_;
  LoadState load_;
  ProbeHistory history_;
  SessionGround ground_;

  std::mutex reloading_;  // one at a time
  bool stopped_ = false;  // guarded by it
  std::vector<std::weak_ptr<Session>> earlier_;

  mutable std::mutex mutex_;
  std::shared_ptr<Session> current_;  // guarded
};

}  // namespace nines::agent
