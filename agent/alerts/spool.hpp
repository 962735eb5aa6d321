#pragma once

// The book of alerts, shared by the engine that writes it and the receivers that are told of it, and kept in the store:
// what was raised and what was told survives a restart and a kill.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/alerts/book.hpp"
#include "agent/alerts/plan.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "store/store.hpp"

namespace nines::agent {

// Any thread but a loop's: what changes is durable before it is seen, so callers wait for the disk. When the store
// cannot be written, alerting goes on without, and the log says so.
class Spool {
 public:
  // `store` and `clock` outlive this.
  Spool(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  // Takes up what the last process left. Before anything else.
  Expected<void> restore();

  // Who is told of alerts from now on.
  void set_receivers(std::vector<std::string> receivers);
  // True when an alert began or ended.
  bool update(const Assessment& assessment);
  void tell(const std::string& receiver, const Tellings& tellings);
  // Drops from the store what ended before.
  void forget(Time ended_before);

  Alerts alerts() const;
  std::string firing(const std::string& identity) const;  // the severity; empty: nothing fires

  // Grows with every alert that begins or ends.
  std::uint64_t version() const;
  // Returns once version() is not `seen`, the time is over, or `stop` is asked for.
  void wait(std::uint64_t seen, std::chrono::nanoseconds at_most, const std::stop_token& stop);

 private:
  void keep(const store::AlertChanges& changes);

  store::Store& store_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  Book book_;  // guarded, as all below
  std::vector<std::string> receivers_;
  std::uint64_t version_ = 0;
  bool unkept_ = false;  // the last change is not in the store
};

}  // namespace nines::agent
