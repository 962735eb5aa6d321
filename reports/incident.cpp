#include "reports/incident.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "reports/json_text.hpp"
#include "reports/markdown_text.hpp"
#include "reports/words.hpp"

namespace nines::reports {
namespace {

std::string state_of(const Incident& incident) {
  if (incident.ongoing) return "ongoing";
  return incident.ended ? "over" : "end not known";
}

std::string cost_words(const IncidentCost& cost) {
  std::string words = fmt::format("{} of down time", say_downtime(cost.down));
  if (cost.budget) words += fmt::format(", of the {} that {} allows", say_duration(*cost.budget), cost.period);
  return words;
}

std::string origin_of(const IncidentEvidence& evidence) {
  std::string origin = fmt::format("{} in {}", evidence.check, evidence.region);
  if (!evidence.failed_step.empty()) origin += ", step " + evidence.failed_step;
  if (!evidence.address.empty()) origin += ", " + evidence.address;
  return origin;
}

// Label and value of the incident's head, in order.
std::vector<std::pair<std::string, std::string>> head_of(const Incident& incident) {
  std::vector<std::pair<std::string, std::string>> head{
      {"State", state_of(incident)},
      {"Began", format_time(incident.extent.from, 0)},
      {"Ended", incident.ended ? format_time(incident.extent.to, 0) : "–"},
      {"Down time", say_downtime(incident.length)},
      {"Service", fmt::format("{} ({})", incident.service, incident.priority)},
      {"First failure", std::string(reason_words(incident.reason))},
      {incident.journey ? "Journey" : "Checks", joined(incident.checks)},
      {"Regions", joined(incident.regions)}};
  return head;
}

Json json_of(const Incident& incident) {
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
          {"regions", incident.regions}};
}

}  // namespace

std::string incidents_text(const std::vector<Incident>& incidents) {
  std::string text;
  std::size_t width = 0;
  for (const Incident& incident : incidents) width = std::max(width, incident.id.size());
  for (const Incident& incident : incidents) {
    text += fmt::format("{:<{}}  {}  {:<13}  {}: {}\n", incident.id, width, incident.priority, state_of(incident),
                        say_downtime(incident.length), reason_words(incident.reason));
  }
  return text;
}

std::string incidents_markdown(const std::vector<Incident>& incidents) {
  std::string text =
      "| Incident | Priority | State | Began | Down time | First failure | Regions |\n|---|---|---|---|---|---|---|\n";
  for (const Incident& incident : incidents) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", escaped(incident.id), incident.priority,
                        state_of(incident), format_time(incident.extent.from, 0), say_downtime(incident.length),
                        reason_words(incident.reason), escaped(joined(incident.regions)));
  }
  return text;
}

std::string incidents_json(const std::vector<Incident>& incidents) {
  Json list = Json::array();
  for (const Incident& incident : incidents) list.push_back(json_of(incident));
  return json_text({{"schema", "nines.incidents/v1"}, {"incidents", std::move(list)}});
}

std::string incident_text(const Incident& incident) {
  std::string text = incident.id + "\n";
  for (const auto& [name, value] : head_of(incident)) text += fmt::format("  {:<14} {}\n", name, printable(value));
  text += "\nTimeline\n";
  for (const IncidentEvent& event : incident.timeline) {
    text += fmt::format("  {}  {}\n", format_time(event.at, 0), printable(event.text));
  }
  if (!incident.costs.empty()) text += "\nObjectives\n";
  for (const IncidentCost& cost : incident.costs) {
    text += fmt::format("  {} ({}): {}\n", cost.objective, cost.target, cost_words(cost));
  }
  if (!incident.evidence.empty()) text += "\nEvidence\n";
  for (const IncidentEvidence& one : incident.evidence) {
    text +=
        fmt::format("  {}  {}\n    {}\n", format_time(one.at, 3), printable(origin_of(one)), printable(one.message));
    if (!one.trace_id.empty()) text += fmt::format("    trace {}\n", one.trace_id);
  }
  for (const auto& [words, url] : incident.links) text += fmt::format("\n{}: {}\n", words, url);
  return text;
}

std::string incident_markdown(const Incident& incident) {
  std::string text = fmt::format("# Incident {}\n\n| | |\n|---|---|\n", escaped(incident.id));
  for (const auto& [name, value] : head_of(incident)) text += fmt::format("| {} | {} |\n", name, escaped(value));
  text += "\n## Timeline\n\n| Time (UTC) | |\n|---|---|\n";
  for (const IncidentEvent& event : incident.timeline) {
    text += fmt::format("| {} | {} |\n", format_time(event.at, 0), escaped(event.text));
  }
  text += "\n## Objectives\n\n";
  if (incident.costs.empty()) text += "It cost no uptime objective anything.\n";
  for (const IncidentCost& cost : incident.costs) {
    text += fmt::format("- {} ({}): {}\n", escaped(cost.objective), escaped(cost.target), escaped(cost_words(cost)));
  }
  text += "\n## Evidence\n\n";
  if (incident.evidence.empty()) text += "None is kept.\n";
  for (const IncidentEvidence& one : incident.evidence) {
    text += fmt::format("- {}, {}: {}", format_time(one.at, 3), escaped(origin_of(one)), escaped(one.message));
    if (!one.trace_id.empty()) text += fmt::format(" (trace {})", one.trace_id);
    text += "\n";
  }
  for (const auto& [words, url] : incident.links) text += fmt::format("\n{}: <{}>\n", words, url);
  return text;
}

std::string incident_json(const Incident& incident) {
  Json json = json_of(incident);
  json["timeline"] = Json::array();
  for (const IncidentEvent& event : incident.timeline) {
    json["timeline"].push_back({{"time", format_time(event.at)}, {"event", event.text}});
  }
  json["objectives"] = Json::array();
  for (const IncidentCost& cost : incident.costs) {
    json["objectives"].push_back({{"objective", cost.objective},
                                  {"target", cost.target},
                                  {"period", cost.period},
                                  {"down_seconds", seconds(cost.down)},
                                  {"budget_seconds", cost.budget ? Json(seconds(*cost.budget)) : Json()}});
  }
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
  json["links"] = Json::array();
  for (const auto& [words, url] : incident.links) json["links"].push_back({{"words", words}, {"url", url}});
  Json whole{{"schema", "nines.incident/v1"}};
  whole.update(json);
  return json_text(whole);
}

}  // namespace nines::reports
