#pragma once

// Alerting of one agent, over all reloads: the engine's thread, one for each receiver, and one that asks other regions.

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "agent/alerts/engine.hpp"
#include "agent/alerts/receivers.hpp"
#include "agent/alerts/spool.hpp"
#include "base/clock.hpp"
#include "store/store.hpp"

namespace nines::agent {

// Its RunObserver may be called on any thread and does not block; the rest is for one thread at a time.
class Alerting final : public RunObserver {
 public:
  // `store` and `clock` outlive this.
  Alerting(store::Store& store, const Clock& clock);
  ~Alerting() override;  // stops
  Alerting(const Alerting&) = delete;

  // Takes up what the last process left. Before anything else.
  Expected<void> restore();

  // Alerts from now on as `sources` has it, which lives as long as `owner`: the first starts the threads.
  void configure(AlertSources sources, std::shared_ptr<const void> owner);
  // Waits for the threads' end; what was not told is told after the next start.
  void stop();

  const AlertCounts& counts() const { return counts_; }

  void started(std::chrono::nanoseconds lateness) override;
  void finished(const RunReport& report, const sla::Health& before, const sla::Health& after) override;

 private:
  struct Watched {
    AlertSources sources;
    std::shared_ptr<const void> owner;
  };
  Watched watched() const;
  void run(const std::stop_token& stop);
  void step();
  void watch_regions(const std::stop_token& stop);
  bool asks_regions(const Watched& now) const;

  store::Store& store_;
  const Clock& clock_;
  Spool spool_;
  AlertEngine engine_;
  AlertCounts counts_;

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  bool news_ = false;  // guarded, as the two below
  Watched watched_;
  std::map<std::string, Regions, std::less<>> regions_;

  Time forgot_{};  // of the engine's thread
  std::vector<std::unique_ptr<ReceiverThread>> receivers_;
  std::jthread thread_;  // last: they use everything above
  std::jthread regions_thread_;
};

}  // namespace nines::agent
