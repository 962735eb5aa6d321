#pragma once

// An incident: one outage of a service or a journey with what is known of it. Pure: model in, text out. Any thread.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/outcome.hpp"
#include "base/time.hpp"

namespace nines::reports {

// What a moment of the timeline is of.
enum class IncidentMark { failure, warning, critical, recovery, alert, maintenance, deployment, note };
std::string_view mark_name(IncidentMark mark);  // "failure"

struct IncidentEvent {
  Time at{};
  IncidentMark mark = IncidentMark::failure;
  std::string text;  // "tasks-api in us-east-1 is critical: 5 failures in a row"
};

// A service that answered with another version, or a gate around a deployment that ended.
struct IncidentDeployment {
  Time at{};
  std::string service;     // of a version; empty: a gate
  std::string version;     // or what the gate calls its deployment
  std::string previous;    // version; empty: not known
  std::string phase = {};  // of a gate: "baseline" or "verify" …
  std::string verdict = {};
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

// What it took from an objective over one of its periods: down time of an uptime, bad results of the others.
struct IncidentCost {
  std::string objective;
  std::string target;  // as written
  std::string period;  // "2026-10"
  bool time = true;    // `down` and `budget` are of time; else `bad` and `allowed` of results
  Micros down{0};
  Micros budget{0};  // of the whole period, by what is known of it
  std::int64_t bad = 0;
  double allowed = 0;

  // The share of the budget that it took; none: there is no budget.
  std::optional<double> ratio() const;
};

// What people wrote about it.
struct IncidentNote {
  Time at{};
  std::string author;
  std::string text;
  bool cause = false;
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
  std::size_t all_regions = 1;      // that look at it
  std::vector<IncidentNote> notes;  // in order of time; of several causes the last one holds
  // Of incident_* only:
  std::vector<IncidentEvent> timeline;  // in order of time
  std::size_t timeline_left_out = 0;    // of its events: there are too many
  std::vector<IncidentDeployment> deployments;
  std::vector<IncidentEvidence> evidence;  // the first few
  std::vector<IncidentCost> costs;
  bool costs_cut = false;                                  // working them out took too long: some may be missing
  std::vector<std::pair<std::string, std::string>> links;  // words and URL

  // Null: nobody has said.
  const IncidentNote* cause() const;
};

// Those that last first, the more important ones before others, then by their beginning, the newest first.
void sort_worst_first(std::vector<Incident>& incidents);

// In the order given.
std::string incidents_text(const std::vector<Incident>& incidents);
std::string incidents_markdown(const std::vector<Incident>& incidents);
// nines.incidents/v1; `next` is what to ask for the page after, null without.
std::string incidents_json(const std::vector<Incident>& incidents, const std::optional<std::string>& next = {});

// Markdown is fit to begin a post-incident review with.
std::string incident_text(const Incident& incident);
std::string incident_markdown(const Incident& incident);
std::string incident_json(const Incident& incident);

}  // namespace nines::reports
