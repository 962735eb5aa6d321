#include "agent/incidents/incidents.hpp"

#include <algorithm>
#include <set>

#include "agent/incidents/details.hpp"
#include "agent/objectives.hpp"
#include "sla/evaluate.hpp"
#include "store/notes.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr Micros kHorizon = std::chrono::days(4000);

reports::Incident incident_of(const config::Config& config, const IncidentSubject& subject, const sla::Outage& outage) {
  const config::Service* service = config.service(subject.service);
  reports::Incident incident;
  incident.id = incident_id(subject, outage.extent.from);
  incident.subject = subject.name;
  incident.journey = subject.journey;
  incident.service = subject.service;
  incident.priority = service != nullptr ? service->priority : config::Service().priority;
  incident.extent = outage.extent;
  incident.length = outage.length;
  incident.ongoing = outage.ongoing;
  incident.ended = outage.ended();
  incident.reason = outage.reason;
  incident.checks = outage.checks;
  incident.regions = outage.regions;
  incident.all_regions = std::max<std::size_t>(config.regions.size(), 1);
  return incident;
}

Expected<std::vector<reports::Incident>> incidents_of(IncidentStores& stores, const config::Config& config,
                                                      const IncidentSubject& subject, const IncidentQuery& query) {
  const auto stretches = troubled_stretches(stores.readers(), config, subject, query.period, query.give_up);
  if (!stretches) return std::unexpected(stretches.error());
  const config::Objective objective = incident_objective(subject);
  std::vector<reports::Incident> found;
  for (const Period& stretch : *stretches) {
    if (query.give_up()) return fail(kTookTooLong);
    auto history = load_history(stores.readers(), config, objective, stretch);
    if (!history) return std::unexpected(history.error());
    const sla::Evaluation evaluation =
        sla::evaluate(objective, {.period = stretch, .time_zone = "UTC", .label = {}}, query.as_of, *history, {});
    for (const sla::Outage& outage : evaluation.uptime->outages) {
      // Unknown time within it lies between two stretches.
      if (!found.empty() && found.back().extent == outage.extent) continue;
      found.push_back(incident_of(config, subject, outage));
    }
  }
  return found;
}

Expected<void> add_notes(IncidentStores& stores, std::vector<reports::Incident>& incidents) {
  if (incidents.empty()) return {};
  Period all = incidents.front().extent;
  for (const reports::Incident& incident : incidents) {
    all = {std::min(all.from, incident.extent.from), std::max(all.to, incident.extent.to)};
  }
  for (const std::string& dir : std::set(stores.data_dirs().begin(), stores.data_dirs().end())) {
    const auto notes = store::read_notes(dir, all);
    if (!notes) return std::unexpected(notes.error());
    for (const store::OutageNote& note : *notes) {
      for (reports::Incident& incident : incidents) {
        if (!note.about(incident.subject, incident.journey, incident.extent)) continue;
        incident.notes.push_back({note.at, note.author, note.text, note.cause});
      }
    }
  }
  for (reports::Incident& incident : incidents) {
    std::ranges::stable_sort(incident.notes, {}, &reports::IncidentNote::at);
  }
  return {};
}

// As find_incidents(), of those that `wanted` says.
template <class Wanted>
Expected<std::vector<reports::Incident>> find_of(IncidentStores& stores, const config::Config& config,
                                                 IncidentQuery query, const Wanted& wanted) {
  query.period.to = std::min(query.period.to, query.as_of);
  std::vector<reports::Incident> incidents;
  if (query.period.from >= query.period.to) return incidents;
  for (const IncidentSubject& subject : incident_subjects(config)) {
    if (!wanted(subject)) continue;
    auto found = incidents_of(stores, config, subject, query);
    if (!found) return found;
    std::ranges::move(*found, std::back_inserter(incidents));
  }
  std::ranges::stable_sort(incidents, {}, [](const auto& incident) { return incident.extent.from; });
  if (auto added = add_notes(stores, incidents); !added) return std::unexpected(added.error());
  return incidents;
}

using Found = Expected<std::optional<reports::Incident>>;

// The first that `chosen` says.
template <class Chosen>
std::optional<reports::Incident> first_of(std::vector<reports::Incident> incidents, const Chosen& chosen) {
  const auto found = std::ranges::find_if(incidents, chosen);
  return found == incidents.end() ? std::nullopt : std::optional(std::move(*found));
}

// The one that a note which was written of `id` is about now.
Found find_noted(IncidentStores& stores, const config::Config& config, const std::string& id, Time as_of,
                 const GiveUp& give_up) {
  for (const std::string& dir : stores.data_dirs()) {
    const auto notes = store::read_notes(dir, id);
    if (!notes) return std::unexpected(notes.error());
    for (const store::OutageNote& note : *notes) {
      auto incidents = find_of(stores, config, {note.extent, as_of, {}, give_up}, [&](const IncidentSubject& one) {
        return one.name == note.subject && one.journey == note.journey;
      });
      if (!incidents) return std::unexpected(incidents.error());
      if (!incidents->empty()) return std::move(incidents->front());
    }
  }
  return std::nullopt;
}

}  // namespace

Expected<std::vector<reports::Incident>> find_incidents(IncidentStores& stores, const config::Config& config,
                                                        const IncidentQuery& query) {
  return find_of(stores, config, query, [&](const IncidentSubject& one) {
    return (query.service.empty() || one.service == query.service) &&
           (query.check.empty() || std::ranges::find(one.checks, query.check) != one.checks.end());
  });
}

Found name_incident(IncidentStores& stores, const config::Config& config, const std::string& id, Time as_of,
                    const GiveUp& give_up) {
  const auto name = read_incident_id(id);
  if (!name || name->at > as_of || name->at < as_of - kHorizon) return std::nullopt;
  auto incidents = find_of(stores, config, {{name->at, name->at + 1s}, as_of, {}, give_up},
                           [&](const IncidentSubject& one) { return one.handle == name->handle; });
  if (!incidents) return std::unexpected(incidents.error());
  if (auto exact = first_of(*incidents, [&](const auto& one) { return one.id == id; })) return exact;
  if (auto around = first_of(*incidents, [&](const auto& one) { return one.extent.contains(name->at); })) return around;
  return find_noted(stores, config, id, as_of, give_up);
}

Found find_incident(IncidentStores& stores, const config::Config& config, const std::string& id, Time as_of,
                    const GiveUp& give_up) {
  auto found = name_incident(stores, config, id, as_of, give_up);
  if (!found || !*found) return found;
  if (auto added = add_details(stores, config, **found, as_of, give_up); !added) return std::unexpected(added.error());
  return found;
}

}  // namespace nines::agent
