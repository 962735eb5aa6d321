#pragma once

// What alerting keeps over a restart (docs/storage.md, "Alerts").

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace nines::store {

// One alert, from when it fired until it was resolved.
struct AlertEntry {
  std::int64_t id = 0;
  std::string identity;     // what it is about: "check/tasks-api"
  std::string labels;       // a JSON object
  std::string annotations;  // the same, as of when it fired or was resolved
  std::string url;
  Time starts{};
  std::optional<Time> ends;  // none: it fires
  bool operator==(const AlertEntry&) const = default;
};

// What a receiver has taken of an alert; without either, that it is to be told.
struct AlertTold {
  std::int64_t alert = 0;
  std::string receiver;
  std::optional<Time> firing;
  std::optional<Time> resolved;
  bool operator==(const AlertTold&) const = default;
};

// A silence that was made in an Alertmanager.
struct SilenceEntry {
  std::string receiver;  // the Alertmanager
  std::string made_for;  // the planned window
  std::string id;        // the Alertmanager's; empty: it is no more
  Time ends{};
  bool operator==(const SilenceEntry&) const = default;
};

// Each replaces what was there of the same id, alert and receiver, or receiver and window that it was made for.
struct AlertChanges {
  std::vector<AlertEntry> alerts;
  std::vector<AlertTold> told;
  std::vector<SilenceEntry> silences;
  std::optional<Time> forget;  // alerts that ended before
};

}  // namespace nines::store
