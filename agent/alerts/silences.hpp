#pragma once

// Silences in an Alertmanager around planned maintenance.

#include <chrono>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/alerts/receivers.hpp"
#include "agent/outbound/alertmanager.hpp"
#include "config/config.hpp"
#include "store/store.hpp"

namespace nines::agent {

inline constexpr Micros kSilenceAhead = std::chrono::minutes(15);
// Maintenance that has not ended where it was planned to: how long it is silenced beyond.
inline constexpr Micros kSilenceOverrun = std::chrono::minutes(15);

struct PlannedSilence {
  std::string window;  // which it is for: stays the same when its end, reason or author changes
  Silence silence;
  bool overruns = false;  // it lasts longer than its window
  bool operator==(const PlannedSilence&) const = default;
};

// What is going on beside the windows.
struct SilenceState {
  std::set<std::string, std::less<>> failing;   // services with a check or journey in state warning or critical
  std::set<std::string, std::less<>> silenced;  // windows (PlannedSilence) that have a silence
};

// Of the windows that begin within kSilenceAhead, go on, or overrun, sorted by window. Windows of one service that
// overlap or follow at once are one silence, in the name of the one that ends last. One overruns that was silenced and
// whose service fails at its end: its silence lasts until it does no more, kSilenceOverrun at most. A window of all
// services silences whatever has the label `service`. Pure.
std::vector<PlannedSilence> planned_silences(std::span<const config::Maintenance> windows, Time now,
                                             const SilenceState& state = {});

// Makes them in one Alertmanager, by the windows that the store has (those of nines.yml and those entered by hand),
// moves their end with their window's, ends them when their window is gone, and makes them again when the Alertmanager
// has lost them. One that somebody has expired stays expired.
class SilenceKeeper final : public Receiver {
 public:
  SilenceKeeper(const std::string& receiver, const config::Remote& remote, ReceiverGround ground);

  Expected<std::chrono::nanoseconds> turn(const std::stop_token& stop) override;
  bool takes_alerts() const override { return false; }

 private:
  Expected<void> load();
  Expected<std::vector<PlannedSilence>> plan(Time now) const;
  Expected<void> end_others(const std::vector<PlannedSilence>& planned, Time now, const std::stop_token& stop);
  Expected<void> make_so(const PlannedSilence& planned, const std::stop_token& stop);
  Expected<void> keep(const store::SilenceEntry& entry);

  const std::string receiver_;
  ReceiverGround ground_;
  Alertmanager client_;
  bool loaded_ = false;
  std::map<std::string, store::SilenceEntry> known_;  // by window
  std::vector<PlannedSilence> made_;                  // as of the last turn that went well …
  Time asked_{};                                      // … which was then
};

}  // namespace nines::agent
