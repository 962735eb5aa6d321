#include "agent/incidents/subjects.hpp"

#include <algorithm>

namespace nines::agent {
namespace {

std::string handle_of(const std::vector<IncidentSubject>& others, std::string name) {
  std::ranges::replace_if(name, [](char c) { return c == ' ' || c == '/'; }, '_');
  while (std::ranges::find(others, name, &IncidentSubject::handle) != others.end()) name += '_';
  return name;
}

}  // namespace

std::vector<IncidentSubject> incident_subjects(const config::Config& config) {
  std::vector<IncidentSubject> subjects;
  for (const config::Check& check : config.checks) {
    const config::Schedule& schedule = check.schedule;
    if (schedule.uplink) continue;
    const auto found = std::ranges::find(subjects, schedule.service, &IncidentSubject::name);
    if (found != subjects.end()) {
      found->checks.push_back(schedule.name);
    } else {
      subjects.push_back(
          {schedule.service, schedule.service, {schedule.name}, false, handle_of(subjects, schedule.service)});
    }
  }
  for (const config::Journey& journey : config.journeys) {
    const config::Schedule& schedule = journey.schedule;
    subjects.push_back({schedule.name, schedule.service, {schedule.name}, true, handle_of(subjects, schedule.name)});
  }
  return subjects;
}

std::string incident_id(const IncidentSubject& subject, Time from) {
  std::string time = format_time(from, 0);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return subject.handle + "-" + time;
}

std::optional<IncidentName> read_incident_id(const std::string& id) {
  constexpr std::size_t kLength = 16;
  if (id.size() <= kLength + 1 || id[id.size() - kLength - 1] != '-') return std::nullopt;
  std::string time = id.substr(id.size() - kLength);
  if (time[8] != 'T' || time.back() != 'Z') return std::nullopt;
  for (const std::size_t at : {13U, 11U}) time.insert(at, ":");
  for (const std::size_t at : {6U, 4U}) time.insert(at, "-");
  const auto parsed = parse_time(time);
  if (!parsed) return std::nullopt;
  return IncidentName{id.substr(0, id.size() - kLength - 1), *parsed};
}

std::vector<std::string> names_of_check(const config::Config& config, const std::string& check) {
  std::vector<std::string> names{check};
  for (const config::Schedule* schedule : config.schedules()) {
    if (schedule->name == check) names.insert(names.end(), schedule->formerly.begin(), schedule->formerly.end());
  }
  return names;
}

config::Objective incident_objective(const IncidentSubject& subject) {
  config::Objective objective;
  objective.name = subject.name;
  objective.service = subject.service;
  (subject.journey ? objective.journeys : objective.checks) = subject.checks;
  objective.indicator = config::Indicator::uptime;
  objective.target = {config::Comparison::greater_equal, *Decimal::parse("0.999"), "99.9%"};
  objective.quorum.kind = config::Quorum::Kind::any;
  objective.min_regions = 1;
  return objective;
}

}  // namespace nines::agent
