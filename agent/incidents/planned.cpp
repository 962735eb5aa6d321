#include <algorithm>

#include <fmt/format.h>

#include "agent/alerts/silences.hpp"
#include "agent/incidents/parts.hpp"
#include "agent/objectives.hpp"
#include "sla/calendar.hpp"

namespace nines::agent {
namespace {

using reports::IncidentMark;

constexpr Micros kAround = std::chrono::hours(1);  // before an incident: maintenance is told

std::string whose(const std::string& service) {
  return service.empty() ? "all services" : service;
}

class Planned {
 public:
  Planned(const config::Config& config, reports::Incident& incident) : config_(config), incident_(incident) {}

  Expected<void> add_maintenance(IncidentStores& stores) {
    const auto windows = stored_windows(StoreSources(stores.readers()), config_);
    if (!windows) return std::unexpected(windows.error());
    for (const config::Maintenance& window : *windows) {
      if (!window.service.empty() && window.service != incident_.service) continue;
      for (const Period& time : times_of(window)) {
        const std::string what = "planned maintenance of " + whose(window.service);
        std::string begins = fmt::format("{} begins: {} ({})", what, window.reason, window.author);
        if (!window.excluded) begins += ", not left out of the figures";
        if (window.entered_late()) begins += ", entered after the fact at " + format_time(*window.entered, 0);
        event(time.from, IncidentMark::maintenance, std::move(begins));
        if (time.to <= incident_.extent.to || !incident_.ongoing) {
          event(time.to, IncidentMark::maintenance, what + " ends");
        }
      }
    }
    return {};
  }

  // A store has a silence as long as its window lasts: "SERVICE/BEGINNING" says what for.
  Expected<void> add_silences(store::Reader& reader) {
    const auto silences = reader.silences();
    if (!silences) return std::unexpected(silences.error());
    for (const store::SilenceEntry& silence : *silences) {
      const std::size_t slash = silence.made_for.rfind('/');
      if (slash == std::string::npos) continue;
      const std::string service = silence.made_for.substr(0, slash);
      if (!service.empty() && service != incident_.service) continue;
      const auto begins = parse_time(silence.made_for.substr(slash + 1));
      if (!begins || *begins >= incident_.extent.to || silence.ends <= around().from) continue;
      event(*begins - kSilenceAhead, IncidentMark::maintenance,
            fmt::format("alerts of {} are silenced for planned maintenance until {} ({})", whose(service),
                        format_time(silence.ends, 0), silence.receiver.substr(0, silence.receiver.find('/'))));
    }
    return {};
  }

 private:
  void event(Time at, IncidentMark mark, std::string text) {
    incident_.timeline.push_back({at, mark, std::move(text)});
  }

  Period around() const { return {incident_.extent.from - kAround, incident_.extent.to}; }

  // The times of a window that touch the incident or what was just before it.
  std::vector<Period> times_of(const config::Maintenance& window) const {
    std::vector<Period> times;
    if (window.once) times.push_back(*window.once);
    if (window.weekly) {
      const Period wide{around().from - std::chrono::days(7), around().to + std::chrono::days(7)};
      times = sla::local_hours(*window.weekly, window.time_zone, wide);
      for (Period& one : times) {
        one = {std::max(one.from, window.in_force.from), std::min(one.to, window.in_force.to)};
      }
    }
    std::erase_if(times, [&](const Period& one) {
      return one.from >= one.to || one.from >= around().to || one.to <= around().from;
    });
    return times;
  }

  const config::Config& config_;
  reports::Incident& incident_;
};

}  // namespace

Expected<void> add_planned(IncidentStores& stores, const config::Config& config, reports::Incident& incident) {
  Planned planned(config, incident);
  for (store::Reader& reader : stores.readers()) {
    if (auto done = planned.add_silences(reader); !done) return done;
  }
  return planned.add_maintenance(stores);
}

}  // namespace nines::agent
