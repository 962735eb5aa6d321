#pragma once

// What journeys made in their targets and have not yet removed.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "config/checks.hpp"

namespace nines::journeys {

struct Leftover {
  std::int64_t id = 0;  // the ledger's
  std::string journey;
  std::string step;  // that made it
  std::string kind;  // for people: "task"
  std::string name;  // what the target calls it
  std::string url;   // a template of the journey's secrets; DELETE of it removes it. Empty when it holds a secret that
                     // only the run knows: then the entry lives in memory only
  Time created{};
  int tries = 0;  // deletions that the target refused
};

// Entries from the moment a step made something until it is known to be gone. This class keeps them in memory, which is
// all that `nines check` needs; the agent's (agent/ledger.hpp) writes them to the store too. Any thread.
class Ledger {
 public:
  // A deletion that the target refused so often is not tried again.
  static constexpr int kMaxTries = 10;

  Ledger() = default;
  virtual ~Ledger() = default;
  Ledger(const Ledger&) = delete;

  // Gives the entry its id. `kept` is called once, on any thread and perhaps before this returns, when the entry
  // outlives a kill of the process, or with false when it could not be written.
  std::int64_t open(Leftover entry, std::function<void(bool)> kept);
  void close(std::int64_t id);
  // Counts a deletion that the target refused; true when it was the last that will be tried: the entry is closed.
  bool refused(std::int64_t id);

  std::vector<Leftover> of(const std::string& journey) const;  // in order of creation
  std::map<std::string, std::size_t> counts() const;           // by journey

 protected:
  // Takes up what was left by a process before.
  void restore(std::vector<Leftover> entries);

 private:
  virtual void write(const Leftover& entry, bool remove, std::function<void(bool)> written);

  mutable std::mutex mutex_;
  std::map<std::int64_t, Leftover> entries_;  // guarded
  std::int64_t last_id_ = 0;                  // guarded
};

// What a step makes: as its `creates` says; else as the journey's cleanup tells: a step of `finally` that sends DELETE
// to a URL with something in it that this step captures. So the common journey is safe from a kill without a word more.
std::vector<config::Creates> creations(const config::Journey& journey, const config::Step& step);

}  // namespace nines::journeys
