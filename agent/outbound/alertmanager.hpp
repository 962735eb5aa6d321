#pragma once

// Alertmanager's HTTP API, version 2:
// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "config/neighbours.hpp"

namespace nines::agent {

// In the order in which they are shown; no name twice.
using AlertLabels = std::vector<std::pair<std::string, std::string>>;

// An alert as it is posted. Alertmanager tells alerts apart by their labels alone.
struct PostedAlert {
  AlertLabels labels;  // an empty value is the same as no label
  AlertLabels annotations;
  Time starts_at{};
  std::optional<Time> ends_at{};  // past: resolved. None: resolve_timeout (5 min) after it was last posted
  std::string generator_url{};    // the page to look at; empty: none
  bool operator==(const PostedAlert&) const = default;
};

struct AlertMatcher {
  std::string name;
  std::string value;
  bool regex = false;  // anchored at both ends
  bool equal = true;   // false: must not match
  bool operator==(const AlertMatcher&) const = default;
};
// `service="api"`, as Alertmanager writes a matcher.
std::string matcher_text(const AlertMatcher& matcher);

// An alert as an Alertmanager has it now; it does not list those that are resolved.
struct KnownAlert {
  AlertLabels labels;
  AlertLabels annotations;
  std::string fingerprint;
  Time starts_at{};
  Time ends_at{};
  std::string state;                      // "active", "suppressed", "unprocessed"
  std::vector<std::string> silenced_by;   // ids of silences
  std::vector<std::string> inhibited_by;  // fingerprints of alerts
  std::vector<std::string> receivers;     // names
  bool silenced() const { return !silenced_by.empty(); }
  bool inhibited() const { return !inhibited_by.empty(); }
};

struct Silence {
  std::string id;  // empty: not there yet
  std::vector<AlertMatcher> matchers;
  Time starts_at{};
  Time ends_at{};
  std::string created_by;
  std::string comment;
  std::string state{};  // as it is listed: "active", "pending", "expired"
  bool operator==(const Silence&) const = default;
};

// One Alertmanager. Each call is one request and blocks until it is answered or the remote's time-out is over: any
// thread but a loop's. An Error names the Alertmanager and says what it answered. A failed call may be made again;
// create_silence() alone may leave a second silence then, when only its answer was lost.
class Alertmanager {
 public:
  explicit Alertmanager(config::Remote remote) : remote_(std::move(remote)) {}

  std::string origin() const;

  Expected<void> post_alerts(std::span<const PostedAlert> alerts, const std::stop_token& stop = {}) const;
  // All alerts that match every matcher, silenced and inhibited ones too.
  Expected<std::vector<KnownAlert>> alerts(std::span<const AlertMatcher> matchers,
                                           const std::stop_token& stop = {}) const;

  // Returns its id. It covers [max(starts_at, now), ends_at).
  Expected<std::string> create_silence(const Silence& silence, const std::stop_token& stop = {}) const;
  // Puts `silence` in place of the one with its id: another end or comment keeps the id. Other matchers, one that has
  // expired, or another start than an active one has (as silence() gives it: it began no earlier than it was made) give
  // another, which is returned.
  Expected<std::string> update_silence(const Silence& silence, const std::stop_token& stop = {}) const;
  // Ends it now. One that is gone or expired already is no error.
  Expected<void> expire_silence(const std::string& id, const std::stop_token& stop = {}) const;
  // Those with these matchers among theirs, expired ones too (Alertmanager forgets them after some days).
  Expected<std::vector<Silence>> silences(std::span<const AlertMatcher> matchers = {},
                                          const std::stop_token& stop = {}) const;
  // None: there is no such silence.
  Expected<std::optional<Silence>> silence(const std::string& id, const std::stop_token& stop = {}) const;

 private:
  config::Remote remote_;
};

std::vector<Alertmanager> alertmanagers_of(const config::Alerting& alerting);

}  // namespace nines::agent
