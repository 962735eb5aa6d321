#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "reports/incident_parts.hpp"
#include "reports/words.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
std::string_view mark_name(IncidentMark mark) {
  switch (mark) {
    case IncidentMark::failure:
      return "failure";
    case IncidentMark::warning:
      return "warning";
    case IncidentMark::critical:
      return "critical";
    case IncidentMark::recovery:
      return "recovery";
    case IncidentMark::alert:
      return "alert";
    case IncidentMark::maintenance:
      return "maintenance";
    case IncidentMark::deployment:
      return "deployment";
    case IncidentMark::note:
      break;
  }
  return "note";
}

std::optional<double> IncidentCost::ratio() const {
  const double whole = time ? static_cast<double>(budget.count()) : allowed;
  if (whole <= 0) return std::nullopt;
  return (time ? static_cast<double>(down.count()) : static_cast<double>(bad)) / whole;
}

const IncidentNote* Incident::cause() const {
  const IncidentNote* last = nullptr;
  for (const IncidentNote& note : notes) {
    if (note.cause) last = &note;
  }
  return last;
}

void sort_worst_first(std::vector<Incident>& incidents) {
  std::ranges::stable_sort(incidents, {}, [](const Incident& one) {
    return std::tuple(!one.ongoing, one.ongoing ? std::string_view(one.priority) : std::string_view(),
                      -one.extent.from.time_since_epoch(), std::string_view(one.id));
  });
}

std::string_view state_words(const Incident& incident) {
  if (incident.ongoing) return "ongoing";
  return incident.ended ? "over" : "end not known";
}

// Rounded up: what was taken is not made smaller.
std::string share_words(double ratio) {
  constexpr double kParts = 1e9;
  const auto part = static_cast<std::int64_t>(std::min(ratio, 1e6) * kParts);
  return sla::print_percent({part, static_cast<std::int64_t>(kParts)}, sla::RoundTo::up);
}

std::string cost_words(const IncidentCost& cost) {
  const std::string what =
      cost.time ? say_downtime(cost.down) + " of down time" : count_of(cost.bad, "bad result", "bad results");
  const auto ratio = cost.ratio();
  if (!ratio) return fmt::format("{}, where {} allows none", what, cost.period);
  const std::string whole = cost.time ? say_duration(cost.budget) : fmt::format("{:.1f}", cost.allowed);
  return fmt::format("{}: {} of the {} that {} allows", what, share_words(*ratio), whole, cost.period);
}

std::string origin_words(const IncidentEvidence& evidence) {
  std::string origin = fmt::format("{} in {}", evidence.check, evidence.region);
  if (!evidence.failed_step.empty()) origin += ", step " + evidence.failed_step;
  if (!evidence.address.empty()) origin += ", " + evidence.address;
  return origin;
}

std::string deployment_words(const IncidentDeployment& one) {
  if (one.service.empty()) return fmt::format("gate {} of {}: {}", one.phase, one.version, one.verdict);
  if (one.previous.empty()) return fmt::format("{}: version {}, the first that was seen", one.service, one.version);
  return fmt::format("{}: version {} instead of {}", one.service, one.version, one.previous);
}

std::string distance_words(const IncidentDeployment& one, const Incident& incident) {
  const Micros before = incident.extent.from - one.at;
  const auto whole = [](Micros span) { return say_duration(std::chrono::floor<std::chrono::seconds>(span)); };
  if (before >= std::chrono::seconds(1)) return whole(before) + " before the first failure";
  if (-before >= std::chrono::seconds(1)) return whole(-before) + " after the first failure";
  return "with the first failure";
}

std::string seen_words(const Incident& incident) {
  if (incident.all_regions <= 1) return joined(incident.regions);
  return fmt::format("{} of {}: {}", incident.regions.size(), std::max(incident.all_regions, incident.regions.size()),
                     joined(incident.regions));
}

std::string seen_from(const Incident& incident) {
  std::string words = seen_words(incident);
  if (incident.all_regions > 1) words.insert(words.find(':'), " regions");
  return words;
}

std::vector<std::pair<std::string, std::string>> head_of(const Incident& incident) {
  std::vector<std::pair<std::string, std::string>> head{
      {"State", std::string(state_words(incident))},
      {"Began", format_time(incident.extent.from, 0)},
      {"Ended", incident.ended ? format_time(incident.extent.to, 0) : "–"},
      {"Down time", say_downtime(incident.length)},
      {"Service", fmt::format("{} ({})", incident.service, incident.priority)},
      {"First failure", std::string(reason_words(incident.reason))},
      {incident.journey ? "Journey" : "Checks", joined(incident.checks)},
      {"Regions", seen_words(incident)}};
  const IncidentNote* cause = incident.cause();
  head.emplace_back("Cause", cause == nullptr ? "not known yet" : fmt::format("{} ({})", cause->text, cause->author));
  return head;
}

}  // namespace nines::reports
