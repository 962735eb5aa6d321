#include "sla/exclusions.hpp"

#include <algorithm>

#include "sla/calendar.hpp"

namespace nines::sla {
std::vector<Period> periods_of(const config::Maintenance& window, const Period& range) {
  if (window.once) return {*window.once};
  if (!window.weekly) return {};
  const Period here{std::max(range.from, window.in_force.from), std::min(range.to, window.in_force.to)};
  return here.from < here.to ? local_hours(*window.weekly, window.time_zone, here) : std::vector<Period>();
}

Windows::Windows(std::span<const config::Maintenance> maintenance, const Period& range) {
  for (const config::Maintenance& window : maintenance) {
    if (window.excluded) windows_.push_back({window.service, periods_of(window, range)});
  }
}

std::vector<Period> Windows::over(std::span<const Settings> settings) const {
  std::vector<Period> found;
  for (const Expanded& window : windows_) {
    if (window.service.empty()) found.insert(found.end(), window.periods.begin(), window.periods.end());
  }
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const Time from = i == 0 ? Time::min() : settings[i].from;
    const Time to = i + 1 < settings.size() ? settings[i + 1].from : Time::max();
    for (const Expanded& window : windows_) {
      if (window.service.empty() || window.service != settings[i].service) continue;
      for (const Period& period : window.periods) {
        found.push_back({std::max(period.from, from), std::min(period.to, to)});
      }
    }
  }
  return normalized(std::move(found));
}

std::vector<Period> Windows::all() const {
  std::vector<Period> found;
  for (const Expanded& window : windows_) found.insert(found.end(), window.periods.begin(), window.periods.end());
  return found;
}

Timeline open_hours(const config::Objective& objective, const Period& range) {
  if (!objective.hours) return Timeline(TimeState::up);
  return {local_hours(*objective.hours, objective.time_zone, range), TimeState::up, TimeState::absent};
}

}  // namespace nines::sla
