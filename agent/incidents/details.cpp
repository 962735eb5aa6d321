#include "agent/incidents/details.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/alerts/assess.hpp"
#include "agent/incidents/parts.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

constexpr std::size_t kMostEvidence = 50;  // of all checks and regions
constexpr std::size_t kMostEvents = 300;   // of the timeline

void add_notes(reports::Incident& incident) {
  for (const reports::IncidentNote& note : incident.notes) {
    incident.timeline.push_back({note.at, reports::IncidentMark::note,
                                 fmt::format("{} is written by {}", note.cause ? "a cause" : "a note", note.author)});
  }
}

// Of too many the later single failures and recoveries go first: alerts, deployments and notes tell more.
void cut_timeline(reports::Incident& incident) {
  std::vector<reports::IncidentEvent>& events = incident.timeline;
  const std::size_t all = events.size();
  if (all <= kMostEvents) return;
  const auto minor = std::remove_if(events.begin() + kMostEvents / 2, events.end(), [](const auto& event) {
    return event.mark == reports::IncidentMark::failure || event.mark == reports::IncidentMark::recovery;
  });
  events.erase(minor, events.end());
  if (events.size() > kMostEvents) events.resize(kMostEvents);
  incident.timeline_left_out = all - events.size();
}

void sort_and_cut(reports::Incident& incident) {
  std::ranges::stable_sort(incident.timeline, {}, &reports::IncidentEvent::at);
  std::ranges::stable_sort(incident.evidence, {}, &reports::IncidentEvidence::at);
  std::ranges::stable_sort(incident.deployments, {}, &reports::IncidentDeployment::at);
  cut_timeline(incident);
  if (incident.evidence.size() > kMostEvidence) incident.evidence.resize(kMostEvidence);
}

void add_links(const config::Config& config, reports::Incident& incident) {
  const config::Service* service = config.service(incident.service);
  if (service != nullptr && !service->runbook_url.empty()) incident.links.emplace_back("Runbook", service->runbook_url);
  const std::string base = external_url_of(config);
  if (base.empty()) return;
  incident.links.emplace_back("Incident", base + "/incidents/" + percent_encode(incident.id));
  for (const std::string& check : incident.checks) {
    incident.links.emplace_back(check, base + (incident.journey ? "/journeys/" : "/checks/") + percent_encode(check));
  }
}

}  // namespace

Expected<void> add_details(IncidentStores& stores, const config::Config& config, reports::Incident& incident,
                           Time as_of, const GiveUp& give_up) {
  if (auto done = add_runs(stores, config, incident, give_up); !done) return done;
  if (auto done = add_alerts(stores, incident); !done) return done;
  if (auto done = add_planned(stores, config, incident); !done) return done;
  if (auto done = add_deployments(stores, config, incident); !done) return done;
  add_notes(incident);
  sort_and_cut(incident);
  add_links(config, incident);
  return add_costs(stores, config, incident, as_of, give_up);
}

}  // namespace nines::agent
