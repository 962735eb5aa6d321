#pragma once

// An incident: one outage of a service or a journey with what is known of it. Pure: model in, text out. Any thread.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/outcome.hpp"
#include "base/time.hpp"

namespace nines::reports {

struct IncidentEvent {
  Time at{};
  std::string text;  // "tasks-api in us-east-1 is critical: failure 5 in a row"
};

struct IncidentEvidence {
  Time at{};
  std::string check;
  std::string region;
  std::string message;
  std::string address;
  std::string failed_step;
  std::string trace_id;
};

// What it took from an objective.
struct IncidentCost {
  std::string objective;
  std::string target;  // as written
  std::string period;  // "2026-10"
  Micros down{0};
  std::optional<Micros> budget;  // of the whole period; none: not of time
};

struct Incident {
  std::string id;  // "tasks-20261001T000030Z": what failed, and when first
  std::string subject;
  bool journey = false;
  std::string service;
  std::string priority;
  Period extent;
  Micros length{0};              // of its down time
  bool ongoing = false;          // down still
  bool ended = false;            // up time followed. Neither: nobody knows since
  Reason reason = Reason::none;  // of the first failure
  std::vector<std::string> checks;
  std::vector<std::string> regions;
  // Of incident_* only:
  std::vector<IncidentEvent> timeline;     // in order of time
  std::vector<IncidentEvidence> evidence;  // the first few
  std::vector<IncidentCost> costs;
  std::vector<std::pair<std::string, std::string>> links;  // words and URL
};

// Newest last, as given.
std::string incidents_text(const std::vector<Incident>& incidents);
std::string incidents_markdown(const std::vector<Incident>& incidents);
std::string incidents_json(const std::vector<Incident>& incidents);

// Markdown is fit to begin a post-incident review with.
std::string incident_text(const Incident& incident);
std::string incident_markdown(const Incident& incident);
std::string incident_json(const Incident& incident);

}  // namespace nines::reports
