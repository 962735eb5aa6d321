#pragma once

// Runs the checks of a gate, more often than their schedules do.

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/runner.hpp"
#include "base/clock.hpp"
#include "config/config.hpp"
#include "probes/engine.hpp"

namespace nines::agent {

// How often a version must be reported in a row.
inline constexpr int kRunningVersions = 3;

// Owns a loop, which runs on the thread that calls; each call blocks to its end. One thread at a time. Every run that
// ends is told as it does; one that is cut by a stop is not.
class GateProber {
 public:
  // Throws when the system has no descriptors for it. `schedules` are the configuration's.
  GateProber(std::shared_ptr<const config::Config> config, std::vector<const config::Schedule*> schedules,
             const Clock& clock);

  // The run of schedules[index].
  using OnRun = std::function<void(std::size_t index, const RunReport& report)>;

  // Each once, now.
  void once(const OnRun& ended, const std::stop_token& stop);

  struct Rounds {
    Micros length{0};
    Micros every{0};           // checks
    Micros journeys_every{0};  // journeys
    // True: that is enough, what is going on is cut.
    std::function<bool(std::size_t index, const RunReport& report)> ended;
    // Before each whole minute's end() on another thread, where it may block for long.
    std::function<void()> outside;
    // At the end of each whole minute before the last one; true: that is enough.
    std::function<bool()> minute;
  };
  // Each in turns of its own. No turn begins after `length`, and runs that go on then are waited for.
  void rounds(const Rounds& rounds, const std::stop_token& stop);

  // Runs each that has a `version` again and again until all have reported `expected` kRunningVersions times running;
  // false when they have not after `limit`.
  bool await_version(const std::string& expected, Micros every, Micros limit, const OnRun& ended,
                     const std::stop_token& stop);

 private:
  class Call;

  const std::shared_ptr<const config::Config> config_;
  const std::vector<const config::Schedule*> schedules_;
  probes::Engine engine_;
};

}  // namespace nines::agent
