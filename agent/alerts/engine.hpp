#pragma once

// From runs and figures to what is wrong. It remembers what one look at the present does not show: changes of state
// (flapping), components, lateness.

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "agent/alerts/assess.hpp"
#include "agent/alerts/spool.hpp"
#include "agent/evaluator.hpp"
#include "agent/monitor.hpp"
#include "config/config.hpp"

namespace nines::agent {

// What an assessment looks at; lives as long as `config`'s owner keeps it.
struct AlertSources {
  std::shared_ptr<const config::Config> config;
  const Monitor* monitor = nullptr;
  const Evaluator* evaluator = nullptr;  // null: no objectives
};

// Its RunObserver may be called on any thread and does not block; the rest is for one thread.
class AlertEngine final : public RunObserver {
 public:
  // `store`, `spool` and `clock` outlive this.
  AlertEngine(const store::Store& store, Spool& spool, const Clock& clock);

  // Once after Spool::restore(): a check that flapped before goes on to flap.
  void restore();

  void started(std::chrono::nanoseconds lateness) override;
  void finished(const RunReport& report, const sla::Health& before, const sla::Health& after) override;

  // What is wrong by now goes to the spool. True when an alert began or ended.
  bool step(const AlertSources& sources, const std::map<std::string, Regions, std::less<>>& regions);
  // Whether a change of state came since the last step.
  bool news() const;

 private:
  struct Turns {  // of one minute
    Time minute{};
    std::uint64_t runs = 0;
    std::uint64_t late = 0;
  };
  void note_components(const RunReport& report);  // locked
  // An alert of before a restart stays until its check has told of its components.
  void leave_components_untold(const config::Config& config, Assessment& assessment) const;
  OwnFacts own_facts(Time now);  // locked

  const store::Store& store_;
  Spool& spool_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  bool news_ = false;                                                      // guarded, as all below
  std::map<std::string, Flapping, std::less<>> flapping_;                  // by check
  std::map<std::pair<std::string, std::string>, sla::Health> components_;  // by check and component
  std::set<std::string, std::less<>> told_components_;                     // checks that told of theirs
  std::deque<Turns> turns_;
  std::deque<std::pair<Time, std::uint64_t>> lost_;  // what the store had lost in all, as it was then
};

}  // namespace nines::agent
