#include "agent/incidents.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/alerts/assess.hpp"
#include "agent/objectives.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "sla/calendar.hpp"
#include "sla/evaluate.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr int kEvidence = 5;           // kept of each check and region
constexpr Micros kAlertSlack = 10min;  // an alert of an incident begins and ends by then
constexpr Micros kHorizon = std::chrono::days(400);

// What can have incidents: a service by its checks, or a journey.
struct Subject {
  std::string name;
  std::string service;
  std::vector<std::string> checks;
  bool journey = false;
};

std::vector<Subject> subjects_of(const config::Config& config) {
  std::vector<Subject> subjects;
  for (const config::Check& check : config.checks) {
    if (check.schedule.uplink) continue;
    const auto found = std::ranges::find(subjects, check.schedule.service, &Subject::name);
    if (found != subjects.end()) {
      found->checks.push_back(check.schedule.name);
    } else {
      subjects.push_back({check.schedule.service, check.schedule.service, {check.schedule.name}, false});
    }
  }
  for (const config::Journey& journey : config.journeys) {
    subjects.push_back({journey.schedule.name, journey.schedule.service, {journey.schedule.name}, true});
  }
  return subjects;
}

// "2026-10-01T00:00:30Z" as "20261001T000030Z": no character that a shell or a file's name minds.
std::string id_of(const Subject& subject, Time from) {
  std::string time = format_time(from, 0);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  std::string name = subject.name;
  std::ranges::replace_if(name, [](char c) { return c == ' ' || c == '/'; }, '_');
  return name + "-" + time;
}

std::optional<Time> time_in(const std::string& id) {
  constexpr std::size_t kLength = 16;
  if (id.size() <= kLength) return std::nullopt;
  std::string time = id.substr(id.size() - kLength);
  if (time[8] != 'T') return std::nullopt;
  for (const std::size_t at : {13U, 11U}) time.insert(at, ":");
  for (const std::size_t at : {6U, 4U}) time.insert(at, "-");
  const auto parsed = parse_time(time);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

// It is down where anything of it is, in any region, whatever is known of the others.
config::Objective objective_of(const Subject& subject) {
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

reports::Incident incident_of(const config::Config& config, const Subject& subject, const sla::Outage& outage) {
  const config::Service* service = config.service(subject.service);
  return {.id = id_of(subject, outage.extent.from),
          .subject = subject.name,
          .journey = subject.journey,
          .service = subject.service,
          .priority = service != nullptr ? service->priority : config::Service().priority,
          .extent = outage.extent,
          .length = outage.length,
          .ongoing = outage.ongoing,
          .ended = outage.ended(),
          .reason = outage.reason,
          .checks = outage.checks,
          .regions = outage.regions,
          .timeline = {},
          .evidence = {},
          .costs = {},
          .links = {}};
}

// Fills in one incident.
class Details {
 public:
  Details(std::span<store::Reader> readers, const config::Config& config, reports::Incident& incident, Time as_of)
      : readers_(readers), config_(config), incident_(incident), as_of_(as_of) {}

  Expected<void> add() {
    for (store::Reader& reader : readers_) {
      for (const std::string& check : incident_.checks) {
        for (const std::string& region : incident_.regions) {
          if (auto done = add_runs(reader, {check, region}); !done) return done;
        }
      }
      if (auto done = add_alerts(reader); !done) return done;
    }
    std::ranges::stable_sort(incident_.timeline, {}, &reports::IncidentEvent::at);
    std::ranges::stable_sort(incident_.evidence, {}, &reports::IncidentEvidence::at);
    if (auto done = add_costs(); !done) return done;
    add_links();
    return {};
  }

 private:
  void event(Time at, std::string text) { incident_.timeline.push_back({at, std::move(text)}); }

  Expected<void> add_runs(store::Reader& reader, const SeriesKey& key) {
    const config::Schedule* schedule = schedule_of(key.check);
    if (schedule == nullptr) return {};
    const Micros beyond = std::max<Micros>(schedule->stale_after, 2 * schedule->interval);
    auto first = reader.run_start(key, incident_.extent.from + Micros(1));
    if (!first) return std::unexpected(first.error());
    const Time from = first->value_or(incident_.extent.from);
    auto rows = reader.rows(key, {from, incident_.extent.to + beyond});
    if (!rows) return std::unexpected(rows.error());
    tell_runs(key, schedule->thresholds, *rows);
    auto evidence = reader.evidence(key, {from, incident_.extent.to + Micros(1)}, kEvidence);
    if (!evidence) return std::unexpected(evidence.error());
    for (const store::EvidenceEntry& entry : *evidence) {
      if (entry.evidence.message.empty()) continue;
      incident_.evidence.push_back({.at = entry.start,
                                    .check = key.check,
                                    .region = key.region,
                                    .message = entry.evidence.message,
                                    .address = entry.evidence.address,
                                    .failed_step = entry.evidence.failed_step,
                                    .trace_id = entry.evidence.trace_id});
    }
    return {};
  }

  void tell_runs(const SeriesKey& key, const config::Thresholds& thresholds, std::span<const ResultRow> rows) {
    const std::string who = fmt::format("{} in {}", key.check, key.region);
    int failures = 0;
    for (const ResultRow& row : rows) {
      if (is_agent_fault(row.reason)) continue;
      if (row.success()) {
        if (failures >= thresholds.warning) event(row.start, who + " succeeds again");
        failures = 0;
        continue;
      }
      ++failures;
      if (failures == 1) event(row.start, fmt::format("{} fails: {}", who, reason_words(row.reason)));
      if (failures == thresholds.warning)
        event(row.start, fmt::format("{} is in warning: {} failures in a row", who, failures));
      if (failures == thresholds.critical)
        event(row.start, fmt::format("{} is critical: {} failures in a row", who, failures));
    }
  }

  Expected<void> add_alerts(store::Reader& reader) {
    const auto alerts = reader.alerts();
    if (!alerts) return std::unexpected(alerts.error());
    const auto tolds = reader.alerts_told();
    if (!tolds) return std::unexpected(tolds.error());
    for (const store::AlertEntry& alert : *alerts) {
      const auto labels = parse_json(alert.labels);
      if (!labels || !concerns(*labels, alert.starts)) continue;
      const std::string what = fmt::format("alert {} ({}, {})", labels->value("alertname", ""),
                                           labels->value("severity", ""), labels->value("priority", ""));
      event(alert.starts, what + " is raised");
      if (alert.ends) event(*alert.ends, what + " is resolved");
      for (const store::AlertTold& told : *tolds) {
        if (told.alert != alert.id) continue;
        const std::string receiver = told.receiver.substr(0, told.receiver.find('/'));
        if (told.firing) event(*told.firing, fmt::format("{} is sent ({})", what, receiver));
        if (told.resolved && told.firing)
          event(*told.resolved, fmt::format("the end of {} is sent ({})", what, receiver));
      }
    }
    return {};
  }

  // Of the same service, and of one of the incident's checks if it is of a check.
  bool concerns(const Json& labels, Time starts) const {
    if (starts < incident_.extent.from || starts > incident_.extent.to + kAlertSlack) return false;
    const std::string check = labels.value("check", "");
    if (!check.empty()) return std::ranges::find(incident_.checks, check) != incident_.checks.end();
    return labels.value("service", "") == incident_.service;
  }

  Expected<void> add_costs() {
    for (const config::Objective& objective : config_.objectives) {
      const auto& covered = incident_.journey ? objective.journeys : objective.checks;
      if (objective.indicator != config::Indicator::uptime) continue;
      if (std::ranges::none_of(incident_.checks,
                               [&](const auto& check) { return std::ranges::find(covered, check) != covered.end(); }))
        continue;
      auto period = sla::current_period(objective, std::min(incident_.extent.to, as_of_));
      if (!period) return std::unexpected(period.error());
      auto history = load_history(readers_, config_, objective, period->period);
      if (!history) return std::unexpected(history.error());
      const sla::Evaluation evaluation = sla::evaluate(objective, *period, as_of_, *history, config_.regions);
      Micros down{0};
      for (const sla::Outage& outage : evaluation.uptime->outages) {
        if (outage.extent.from < incident_.extent.to && incident_.extent.from < outage.extent.to) down += outage.inside;
      }
      if (down == Micros(0)) continue;
      const double allowed = evaluation.uptime->budget.allowed_seconds;
      incident_.costs.push_back({.objective = objective.name,
                                 .target = objective.target.text,
                                 .period = period->label,
                                 .down = down,
                                 .budget = Micros(static_cast<Micros::rep>(allowed * 1e6))});
    }
    return {};
  }

  void add_links() {
    const config::Service* service = config_.service(incident_.service);
    if (service != nullptr && !service->runbook_url.empty())
      incident_.links.emplace_back("Runbook", service->runbook_url);
    if (external_url_of(config_).empty()) return;
    const std::string base = external_url_of(config_) + (incident_.journey ? "/journeys/" : "/checks/");
    for (const std::string& check : incident_.checks) incident_.links.emplace_back(check, base + percent_encode(check));
  }

  const config::Schedule* schedule_of(const std::string& check) const {
    const auto schedules = config_.schedules();
    const auto found = std::ranges::find(schedules, check, [](const auto* schedule) { return schedule->name; });
    return found == schedules.end() ? nullptr : *found;
  }

  std::span<store::Reader> readers_;
  const config::Config& config_;
  reports::Incident& incident_;
  Time as_of_;
};

}  // namespace

Expected<std::vector<reports::Incident>> find_incidents(std::span<store::Reader> readers, const config::Config& config,
                                                        const Period& period, Time as_of) {
  std::vector<reports::Incident> incidents;
  for (const Subject& subject : subjects_of(config)) {
    const config::Objective objective = objective_of(subject);
    auto history = load_history(readers, config, objective, period);
    if (!history) return std::unexpected(history.error());
    const sla::Evaluation evaluation =
        sla::evaluate(objective, {.period = period, .time_zone = "UTC", .label = {}}, as_of, *history, {});
    for (const sla::Outage& outage : evaluation.uptime->outages) {
      incidents.push_back(incident_of(config, subject, outage));
    }
  }
  std::ranges::stable_sort(incidents, {}, [](const auto& incident) { return incident.extent.from; });
  return incidents;
}

Expected<std::optional<reports::Incident>> find_incident(std::span<store::Reader> readers, const config::Config& config,
                                                         const std::string& id, Time as_of) {
  const auto when = time_in(id);
  if (!when || *when > as_of || *when < as_of - kHorizon) return std::optional<reports::Incident>();
  auto incidents = find_incidents(readers, config, {*when, std::min(*when + Micros(2s), as_of)}, as_of);
  if (!incidents) return std::unexpected(incidents.error());
  const auto found = std::ranges::find(*incidents, id, &reports::Incident::id);
  if (found == incidents->end()) return std::optional<reports::Incident>();
  if (auto added = Details(readers, config, *found, as_of).add(); !added) return std::unexpected(added.error());
  return std::optional(std::move(*found));
}

}  // namespace nines::agent
