#include "reports/incident.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/incident_parts.hpp"
#include "reports/markdown_text.hpp"
#include "reports/words.hpp"

namespace nines::reports {
namespace {

std::string left_out_words(std::size_t count) {
  return fmt::format("{} more are left out", grouped(static_cast<std::int64_t>(count)));
}

// ---- Markdown

std::string timeline_markdown(const Incident& incident) {
  std::string text = "\n## Timeline\n\n" + row({"Time (UTC)", ""}) + "|---|---|\n";
  for (const IncidentEvent& event : incident.timeline) text += row({format_time(event.at, 0), escaped(event.text)});
  if (incident.timeline_left_out > 0) text += row({"…", left_out_words(incident.timeline_left_out)});
  return text;
}

std::string notes_markdown(const Incident& incident) {
  std::string text = "\n## Cause and notes\n\n";
  if (incident.notes.empty()) text += "None is written yet.\n";
  for (const IncidentNote& note : incident.notes) {
    const bool holds = &note == incident.cause();
    text += fmt::format("- {}, {}: {}{}\n", format_time(note.at, 0), escaped(note.author),
                        holds        ? "**Cause:** "
                        : note.cause ? "Cause, as was said then: "
                                     : "",
                        escaped(note.text));
  }
  return text;
}

std::string deployments_markdown(const Incident& incident) {
  std::string text = "\n## Deployments near it\n\n";
  if (incident.deployments.empty()) text += fmt::format("{}\n", kNoDeployment);
  for (const IncidentDeployment& one : incident.deployments) {
    text += fmt::format("- {}: {}, {}\n", format_time(one.at, 0), escaped(deployment_words(one)),
                        distance_words(one, incident));
  }
  return text;
}

std::string costs_markdown(const Incident& incident) {
  std::string text = "\n## Objectives\n\n";
  if (incident.costs.empty() && !incident.costs_cut) text += fmt::format("{}\n", kNoCost);
  for (const IncidentCost& cost : incident.costs) {
    text += fmt::format("- {} ({}): {}\n", escaped(cost.objective), escaped(cost.target), escaped(cost_words(cost)));
  }
  if (incident.costs_cut) text += fmt::format("\n{}\n", kCostsCut);
  return text;
}

std::string evidence_markdown(const Incident& incident) {
  std::string text = "\n## Evidence\n\n";
  if (incident.evidence.empty()) text += fmt::format("{}\n", kNoEvidence);
  for (const IncidentEvidence& one : incident.evidence) {
    text += fmt::format("- {}, {}: {}", format_time(one.at, 3), escaped(origin_words(one)), escaped(one.message));
    if (!one.trace_id.empty()) text += fmt::format(" (trace {})", escaped(one.trace_id));
    text += "\n";
  }
  return text;
}

}  // namespace

std::string incidents_text(const std::vector<Incident>& incidents) {
  if (incidents.empty()) return "no incidents\n";
  std::string text;
  std::size_t width = 0;
  for (const Incident& incident : incidents) width = std::max(width, incident.id.size());
  for (const Incident& incident : incidents) {
    text += fmt::format("{:<{}}  {}  {:<13}  {}: {}", printable(incident.id), width, incident.priority,
                        state_words(incident), say_downtime(incident.length), reason_words(incident.reason));
    if (const IncidentNote* cause = incident.cause()) text += "; cause: " + printable(cause->text);
    text += "\n";
  }
  return text;
}

std::string incidents_markdown(const std::vector<Incident>& incidents) {
  if (incidents.empty()) return "There were no incidents.\n";
  std::string text = row({"Incident", "Priority", "State", "Began", "Down time", "First failure", "Regions", "Cause"}) +
                     "|---|---|---|---|---|---|---|---|\n";
  for (const Incident& incident : incidents) {
    const IncidentNote* cause = incident.cause();
    text += row({escaped(incident.id), escaped(incident.priority), std::string(state_words(incident)),
                 format_time(incident.extent.from, 0), say_downtime(incident.length),
                 std::string(reason_words(incident.reason)), escaped(joined(incident.regions)),
                 cause == nullptr ? "" : escaped(cause->text)});
  }
  return text;
}

std::string incident_text(const Incident& incident) {
  std::string text = printable(incident.id) + "\n";
  for (const auto& [name, value] : head_of(incident)) text += fmt::format("  {:<14} {}\n", name, printable(value));
  text += "\nTimeline\n";
  for (const IncidentEvent& event : incident.timeline) {
    text += fmt::format("  {}  {}\n", format_time(event.at, 0), printable(event.text));
  }
  if (incident.timeline_left_out > 0) text += fmt::format("  … {}\n", left_out_words(incident.timeline_left_out));
  if (!incident.deployments.empty()) text += "\nDeployments near it\n";
  for (const IncidentDeployment& one : incident.deployments) {
    text += fmt::format("  {}  {}, {}\n", format_time(one.at, 0), printable(deployment_words(one)),
                        distance_words(one, incident));
  }
  if (!incident.costs.empty()) text += "\nObjectives\n";
  for (const IncidentCost& cost : incident.costs) {
    text += fmt::format("  {} ({}): {}\n", printable(cost.objective), printable(cost.target), cost_words(cost));
  }
  if (!incident.evidence.empty()) text += "\nEvidence\n";
  for (const IncidentEvidence& one : incident.evidence) {
    text +=
        fmt::format("  {}  {}\n    {}\n", format_time(one.at, 3), printable(origin_words(one)), printable(one.message));
    if (!one.trace_id.empty()) text += fmt::format("    trace {}\n", printable(one.trace_id));
  }
  if (!incident.notes.empty()) text += "\nCause and notes\n";
  for (const IncidentNote& note : incident.notes) {
    text += fmt::format("  {}  {}{} ({})\n", format_time(note.at, 0), note.cause ? "cause: " : "", printable(note.text),
                        printable(note.author));
  }
  for (const auto& [words, url] : incident.links) text += fmt::format("\n{}: {}\n", printable(words), printable(url));
  return text;
}

std::string incident_markdown(const Incident& incident) {
  std::string text = fmt::format("# Incident {}\n\n| | |\n|---|---|\n", escaped(incident.id));
  for (const auto& [name, value] : head_of(incident)) text += row({name, escaped(value)});
  text += timeline_markdown(incident) + notes_markdown(incident) + deployments_markdown(incident) +
          costs_markdown(incident) + evidence_markdown(incident);
  for (const auto& [words, url] : incident.links) text += fmt::format("\n{}: <{}>\n", escaped(words), printable(url));
  return text;
}

}  // namespace nines::reports
