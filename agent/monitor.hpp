#pragma once

// What is known now of every check and journey: health, the last run, service downtime. Fed by the probe threads, read
// by the scrape and the page.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/metrics.hpp"
#include "agent/probe_thread.hpp"
#include "base/clock.hpp"
#include "config/config.hpp"
#include "reports/status_page.hpp"
#include "sla/downtime.hpp"
#include "sla/health.hpp"
#include "store/store.hpp"

namespace nines::agent {

// One check or journey at a moment.
struct CheckView {
  const config::Schedule* schedule = nullptr;
  const config::Check* check = nullptr;  // null: a journey
  sla::Health health;
  sla::State state = sla::State::unknown;          // health as shown at that moment
  reports::Shown shown = reports::Shown::unknown;  // with maintenance and suppression laid over it
  std::shared_ptr<const RunReport> last;           // null: none since the start
};

// Told of every run on the thread that made it: must not block.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void started(std::chrono::nanoseconds lateness) = 0;
  virtual void finished(const RunReport& report, const sla::Health& before, const sla::Health& after) = 0;
};

struct ServiceView {
  std::string service;
  Micros down{0};
  Micros known{0};
};

// Any thread. One mutex, held for short: views copy pointers, not runs.
class Monitor final : public RunListener {
 public:
  // `config`, `metrics`, `store` and `clock` outlive this.
  Monitor(const config::Config& config, Metrics& metrics, store::Store& store, const Clock& clock);

  // Takes up counters and states where the last agent left them, also under a check's former names. Before the first
  // run.
  void restore(std::span<const store::HealthEntry> entries);
  // Goes on where another has stopped, on a reload: states, downtime, and the last runs of what is the same. After the
  // other's last run and before the first here; the other may still be looked at.
  void take_over(Monitor& before);

  // Goes by these maintenance windows from now on; before, by those of the configuration.
  void set_windows(std::vector<config::Maintenance> windows);

  // Told of the version that a run's answer holds, on the probe thread. Before the first run.
  using OnVersion = std::function<void(const config::Schedule& schedule, const std::string& version, Time at)>;
  void on_version(OnVersion told) { on_version_ = std::move(told); }

  // Tells it from now on; before the first run. It outlives this.
  void observe(RunObserver& observer) { observer_ = &observer; }

  void started(const config::Schedule& schedule, std::chrono::nanoseconds lateness) override;
  void skipped(const config::Schedule& schedule, std::uint64_t turns) override;
  void finished(RunReport report) override;
  void cleaned(const RunReport& report) override;

  std::vector<CheckView> checks() const;  // in the configuration's order
  std::vector<ServiceView> services();    // sorted by name; lets downtime pass up to now

 private:
  struct Entry {
    const config::Schedule* schedule;
    const config::Check* check;
    sla::Health health;
    std::shared_ptr<const RunReport> last;
    sla::ServiceDowntime* downtime;     // of its service, if it counts there
    std::optional<Time> running_since;  // of the run that is going on
  };
  struct Downtime {
    sla::ServiceDowntime counters;
    std::vector<std::size_t> members;  // of entries_
    Micros down_before{0};             // on top of what the counters have
    Micros known_before{0};
  };
  // The first of its name and its former ones that is there.
  static const std::string* name_in(const std::map<std::string, std::size_t, std::less<>>& index,
                                    const config::Schedule& schedule);
  void take_over_downtime(Monitor& before);  // both locked
  void tell_change(const config::Schedule& schedule, const sla::Health& before, const sla::Health& after,
                   const RunReport& report, bool before_failed_here) const;
  static std::vector<config::Maintenance> excluding(std::span<const config::Maintenance> windows,
                                                    const std::string& service);
  void advance(Downtime& downtime, Time now);  // locked

  const config::Config& config_;
  Metrics& metrics_;
  store::Store& store_;
  const Clock& clock_;
  OnVersion on_version_;
  RunObserver* observer_ = nullptr;

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;                                       // guarded but for the pointers
  std::map<std::string, std::size_t, std::less<>> index_;            // constant
  std::map<std::string, Downtime> downtime_;                         // guarded
  std::shared_ptr<const std::vector<config::Maintenance>> windows_;  // guarded
};

// The page's view of the same.
reports::StatusRow status_row(const CheckView& view, const config::Config& config);

}  // namespace nines::agent
