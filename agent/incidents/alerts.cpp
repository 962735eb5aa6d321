#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/incidents/parts.hpp"
#include "base/json.hpp"

namespace nines::agent {
namespace {

using reports::IncidentMark;

constexpr Micros kAlertSlack = std::chrono::minutes(10);  // an alert of an incident begins by then after it

class Alerts {
 public:
  explicit Alerts(reports::Incident& incident) : incident_(incident) {}

  Expected<void> add(store::Reader& reader) {
    const auto alerts = reader.alerts();
    if (!alerts) return std::unexpected(alerts.error());
    std::map<std::int64_t, std::string> of_this;
    for (const store::AlertEntry& alert : *alerts) {
      const auto labels = parse_json(alert.labels);
      if (!labels || !labels->is_object() || !concerns(*labels, alert.starts)) continue;
      std::string what = alert_words(*labels);
      event(alert.starts, IncidentMark::alert, what + " is raised");
      if (alert.ends) event(*alert.ends, IncidentMark::alert, what + " is resolved");
      of_this.emplace(alert.id, std::move(what));
    }
    if (of_this.empty()) return {};
    const auto tolds = reader.alerts_told();
    if (!tolds) return std::unexpected(tolds.error());
    for (const store::AlertTold& told : *tolds) {
      const auto found = of_this.find(told.alert);
      if (found == of_this.end()) continue;
      const std::string receiver = kind_of(told.receiver);
      if (told.firing) {
        event(*told.firing, IncidentMark::alert, fmt::format("{} is sent ({})", found->second, receiver));
      }
      if (told.resolved && told.firing) {
        event(*told.resolved, IncidentMark::alert, fmt::format("the end of {} is sent ({})", found->second, receiver));
      }
    }
    return {};
  }

 private:
  void event(Time at, IncidentMark mark, std::string text) {
    incident_.timeline.push_back({at, mark, std::move(text)});
  }

  // "alert CheckFailing of tasks-api (warning, P1)"
  static std::string alert_words(const Json& labels) {
    std::string of = text_in(labels, "check");
    if (of.empty()) of = text_in(labels, "objective");
    return fmt::format("alert {}{} ({}, {})", text_in(labels, "alertname"), of.empty() ? of : " of " + of,
                       text_in(labels, "severity"), text_in(labels, "priority"));
  }

  static std::string text_in(const Json& labels, const char* name) {
    const auto found = labels.find(name);
    return found != labels.end() && found->is_string() ? found->get<std::string>() : std::string();
  }

  static std::string kind_of(const std::string& receiver) { return receiver.substr(0, receiver.find('/')); }

  // Of the same service, and of one of the incident's checks if it is of a check.
  bool concerns(const Json& labels, Time starts) const {
    if (starts < incident_.extent.from || starts > incident_.extent.to + kAlertSlack) return false;
    const std::string check = text_in(labels, "check");
    if (!check.empty()) return std::ranges::find(incident_.checks, check) != incident_.checks.end();
    return text_in(labels, "service") == incident_.service;
  }

  reports::Incident& incident_;
};

}  // namespace

Expected<void> add_alerts(IncidentStores& stores, reports::Incident& incident) {
  for (store::Reader& reader : stores.readers()) {
    if (auto done = Alerts(incident).add(reader); !done) return done;
  }
  return {};
}

}  // namespace nines::agent
