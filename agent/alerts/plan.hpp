#pragma once

// What a receiver is to be told at one moment. Pure: time is a parameter.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/alerts/alert.hpp"

namespace nines::agent {

using Alerts = std::map<std::int64_t, Alert>;

// What has been told once something was taken.
using Tellings = std::vector<std::pair<std::int64_t, Told>>;

// Alertmanager is told again and again: what fires, until it fires no more, and the end for a while.
inline constexpr Micros kResend = std::chrono::seconds(30);
inline constexpr Micros kValid = std::chrono::minutes(4);            // from a telling: else Alertmanager resolves it
inline constexpr Micros kResendResolved = std::chrono::minutes(15);  // an Alertmanager that restarts has forgotten it
// An alert that was over before an Alertmanager could be told of it, and did not become another, is told for so long as
// one that fires, so that it notifies …
inline constexpr Micros kFireLate = std::chrono::minutes(1);
// … unless it was over so long ago.
inline constexpr Micros kTooLate = std::chrono::hours(24);

struct Posting {
  std::vector<PostedAlert> alerts;
  Tellings then;
  int news = 0;  // alerts in it that are told something new
};
// Nothing: there is nothing new, nor, with `resend`, anything to say again.
std::optional<Posting> plan_posting(const Alerts& alerts, const std::string& receiver, Time now, bool resend);

// One message about one service, to a receiver that is told each thing once.
struct Message {
  std::string service;
  std::vector<Alert> firing;    // all that do
  std::vector<Alert> resolved;  // since the message before
  std::vector<Alert> replaced;  // likewise, by another alert of the same identity: a warning that became critical
  Tellings then;
};
struct Messages {
  std::vector<Message> due;
  std::optional<Time> next;  // when there will be more, if nothing changes
};
// A service's message is due `wait` after its first news and `interval` after the message before.
Messages plan_messages(const Alerts& alerts, const std::string& receiver, Time now, Micros wait, Micros interval);

}  // namespace nines::agent
