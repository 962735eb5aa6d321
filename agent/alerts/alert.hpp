#pragma once

// What the parts of alerting hand to each other. Plain data.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/outbound/alertmanager.hpp"
#include "base/time.hpp"

namespace nines::agent {

// Something that is wrong now.
struct Condition {
  std::string identity;  // what it is about: "check/tasks-api". One alert at a time for each
  AlertLabels labels;
  AlertLabels annotations;
  std::string url;  // of the page to look at
  Time since{};
};

// What is to be told at one moment. An identity that is in neither is well.
struct Assessment {
  std::vector<Condition> wrong;     // no identity twice
  std::set<std::string> undecided;  // nothing is raised and nothing resolved: an alert of it stays as it is
};

// What one receiver has taken of an alert.
struct Told {
  std::optional<Time> firing;    // when it was told that the alert fires …
  std::optional<Time> resolved;  // … and that it does no more
  bool operator==(const Told&) const = default;
};

// One alert from when it fired until it was resolved; another severity is another alert, as Alertmanager tells them
// apart by their labels.
struct Alert {
  std::int64_t id = 0;
  std::string identity;
  AlertLabels labels;
  AlertLabels annotations;  // as of the last assessment
  std::string url;
  Time starts{};
  std::optional<Time> ends;          // none: it fires
  std::map<std::string, Told> told;  // by receiver: those that were there when it began, and that it was told to

  bool firing() const { return !ends; }
  Told told_to(const std::string& receiver) const;
};

// The value of a label or annotation; empty when there is none.
std::string_view value_of(const AlertLabels& labels, std::string_view name);

// As Alertmanager and Prometheus compute it: FNV-1a, 64 bit, over the labels sorted by name; 16 hex digits.
std::string fingerprint_of(const AlertLabels& labels);

}  // namespace nines::agent
