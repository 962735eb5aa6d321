#pragma once

// The pages at `/checks/NAME` and `/journeys/NAME`: what is known of one check. Server-rendered, no script, no outside
// asset. Pure; any thread. Texts that came from a target are redacted by whoever fills them in.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/objectives.hpp"
#include "reports/detail.hpp"
#include "reports/incident.hpp"
#include "reports/incident_page.hpp"
#include "reports/status_page.hpp"
#include "sla/model.hpp"

namespace nines::reports {

// A journey's step as its last run had it.
struct RunStep {
  std::string name;
  Outcome outcome = {};
  bool skipped = false;
  bool finally = false;
  int status = 0;   // HTTP's, 0: none
  Micros start{0};  // since the start of the run
  Micros duration{0};
  Phases phases = {};
};

// The last run since the agent's start.
struct LastRun {
  ResultRow row;
  std::string message;  // of a failure
  std::string address;  // connected to; empty: none, or a journey
  std::vector<RunStep> steps;
};

// The last failure that is stored of the time that was looked through.
struct LastFailure {
  Time at{};
  Reason reason = Reason::none;
  Evidence evidence;  // empty: none is kept
};

// Figures over a span of time; `evaluation` points to `objective`.
struct CheckFigures {
  std::shared_ptr<const config::Objective> objective;
  sla::Evaluation evaluation;
  Detail detail;
};

// What an objective wants of the check's latency.
struct LatencyTarget {
  std::string objective;
  config::Limit limit;
};

struct CheckAlert {
  std::string name;      // "CheckFailing"
  std::string severity;  // "critical"
  std::string summary;
  Time since{};
};

// A time of planned work that goes on or is to come.
struct CheckWindow {
  Period time;
  std::string service;  // empty: all
  std::string reason;
  std::string author;
};

struct CheckPage {
  PageOrigin origin;
  StatusRow row;
  Micros interval{0};
  Micros timeout{0};
  int recovery_after = 1;            // successes
  std::vector<std::string> trouble;  // what could not be read, and why: sentences
  std::vector<CheckAlert> alerts;    // that fire
  std::optional<LastRun> last;
  std::optional<LastFailure> failure;
  std::optional<CheckFigures> uptime;   // over all that is shown; none: no result is stored
  std::optional<CheckFigures> recent;   // over its last 30 days, where it is longer
  std::optional<CheckFigures> latency;  // of the last 24 hours
  std::optional<LatencyTarget> target;
  std::vector<sla::Evaluation> objectives;  // over this check, their current periods
  std::vector<Incident> incidents;          // of the last 30 days, the worst first
  std::vector<IncidentDeployment> deployments;
  std::vector<CheckWindow> windows;
};

// A complete HTML document.
std::string check_page(const CheckPage& page);

}  // namespace nines::reports
