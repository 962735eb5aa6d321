#pragma once

// Silences in an Alertmanager around planned maintenance.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "agent/alerts/receivers.hpp"
#include "agent/outbound/alertmanager.hpp"
#include "config/config.hpp"
#include "store/store.hpp"

namespace nines::agent {

inline constexpr Micros kSilenceAhead = std::chrono::minutes(15);

struct PlannedSilence {
  std::string window;  // which it is for: stays the same when its end, reason or author changes
  Silence silence;
};

// Of the windows that begin within kSilenceAhead or go on, sorted by window. A window of all services silences whatever
// has the label `service`. Pure.
std::vector<PlannedSilence> planned_silences(const std::vector<config::Maintenance>& windows, Time now);

// Makes them in one Alertmanager, moves their end with their window's, ends them when their window is gone, and makes
// them again when the Alertmanager has lost them. One that somebody has expired stays expired.
class SilenceKeeper final : public Receiver {
 public:
  SilenceKeeper(const std::string& receiver, const config::Remote& remote, ReceiverGround ground);

  Expected<std::chrono::nanoseconds> turn(const std::stop_token& stop) override;
  bool takes_alerts() const override { return false; }

 private:
  Expected<void> load();
  Expected<void> end_others(const std::vector<PlannedSilence>& planned, Time now, const std::stop_token& stop);
  Expected<void> make_so(const PlannedSilence& planned, const std::stop_token& stop);
  Expected<void> keep(const store::SilenceEntry& entry);

  const std::string receiver_;
  ReceiverGround ground_;
  Alertmanager client_;
  bool loaded_ = false;
  std::map<std::string, store::SilenceEntry> known_;  // by window
};

}  // namespace nines::agent
