#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "reports/incident_parts.hpp"
#include "reports/json_text.hpp"

namespace nines::reports {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json note_json(const IncidentNote& note) {
  return {{"time", format_time(note.at)},
          {"kind", note.cause ? "cause" : "note"},
          {"author", note.author},
          {"text", note.text}};
}

Json json_of(const Incident& incident) {
  const IncidentNote* cause = incident.cause();
  return {{"id", incident.id},
          {"subject", incident.subject},
          {"kind", incident.journey ? "journey" : "service"},
          {"service", incident.service},
          {"priority", incident.priority},
          {"from", format_time(incident.extent.from)},
          {"to", incident.ongoing ? Json() : Json(format_time(incident.extent.to))},
          {"down_seconds", seconds(incident.length)},
          {"ongoing", incident.ongoing},
          {"ended", incident.ended},
          {"reason", reason_name(incident.reason)},
          {"checks", incident.checks},
          {"regions", incident.regions},
          {"cause", cause == nullptr ? Json() : note_json(*cause)}};
}

Json cost_json(const IncidentCost& cost) {
  const auto ratio = cost.ratio();
  Json json{{"objective", cost.objective}, {"target", cost.target}, {"period", cost.period}};
  json["down_seconds"] = cost.time ? Json(seconds(cost.down)) : Json();
  json["budget_seconds"] = cost.time ? Json(seconds(cost.budget)) : Json();
  json["bad_results"] = cost.time ? Json() : Json(cost.bad);
  json["budget_results"] = cost.time ? Json() : Json(cost.allowed);
  json["budget_ratio"] = ratio ? Json(*ratio) : Json();
  return json;
}

Json deployment_json(const IncidentDeployment& one, const Incident& incident) {
  Json json{{"time", format_time(one.at)}, {"before_seconds", seconds(incident.extent.from - one.at)}};
  json["service"] = text_or_null(one.service);
  json["version"] = one.service.empty() ? Json() : Json(one.version);
  json["previous"] = text_or_null(one.previous);
  json["gate"] = Json();
  if (one.service.empty()) {
    json["gate"] = {{"deployment", one.version}, {"phase", one.phase}, {"verdict", one.verdict}};
  }
  return json;
}

}  // namespace

std::string incidents_json(const std::vector<Incident>& incidents, const std::optional<std::string>& next) {
  Json list = Json::array();
  for (const Incident& incident : incidents) list.push_back(json_of(incident));
  return json_text(
      {{"schema", "nines.incidents/v1"}, {"incidents", std::move(list)}, {"next", next ? Json(*next) : Json()}});
}

std::string incident_json(const Incident& incident) {
  Json json = json_of(incident);
  json["timeline"] = Json::array();
  for (const IncidentEvent& event : incident.timeline) {
    json["timeline"].push_back(
        {{"time", format_time(event.at)}, {"mark", mark_name(event.mark)}, {"event", event.text}});
  }
  json["timeline_left_out"] = incident.timeline_left_out;
  json["deployments"] = Json::array();
  for (const IncidentDeployment& one : incident.deployments) {
    json["deployments"].push_back(deployment_json(one, incident));
  }
  json["objectives"] = Json::array();
  for (const IncidentCost& cost : incident.costs) json["objectives"].push_back(cost_json(cost));
  json["objectives_cut"] = incident.costs_cut;
  json["evidence"] = Json::array();
  for (const IncidentEvidence& one : incident.evidence) {
    json["evidence"].push_back({{"time", format_time(one.at)},
                                {"check", one.check},
                                {"region", one.region},
                                {"message", one.message},
                                {"address", one.address},
                                {"failed_step", one.failed_step},
                                {"trace_id", one.trace_id}});
  }
  json["notes"] = Json::array();
  for (const IncidentNote& note : incident.notes) json["notes"].push_back(note_json(note));
  json["links"] = Json::array();
  for (const auto& [words, url] : incident.links) json["links"].push_back({{"words", words}, {"url", url}});
  Json whole{{"schema", "nines.incident/v1"}};
  whole.update(json);
  return json_text(whole);
}

}  // namespace nines::reports
