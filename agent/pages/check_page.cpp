#include "agent/pages/check_page.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "agent/incidents/details.hpp"
#include "agent/incidents/incidents.hpp"
#include "base/json.hpp"
#include "base/version.hpp"
#include "sla/exclusions.hpp"

namespace nines::agent {
namespace {

using std::chrono::days;

constexpr Micros kIncidents = days(30);
constexpr Micros kDeployments = days(7);
constexpr Micros kPlanned = days(7);
constexpr std::size_t kMostIncidents = 20;
constexpr std::size_t kMostDeployments = 20;
constexpr std::size_t kMostWindows = 10;

std::string_view text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get_ref<const std::string&>() : std::string_view();
}

// Its present or a former name.
bool is_called(const config::Schedule& schedule, const std::string& name) {
  return schedule.name == name || std::ranges::find(schedule.formerly, name) != schedule.formerly.end();
}

const CheckView* find_view(const std::vector<CheckView>& views, const std::string& name, bool journey) {
  const auto named = [&](bool now) {
    return std::ranges::find_if(views, [&](const CheckView& view) {
      const config::Schedule& schedule = *view.schedule;
      return (view.check == nullptr) == journey && (now ? schedule.name == name : is_called(schedule, name));
    });
  };
  auto found = named(true);
  if (found == views.end()) found = named(false);
  return found == views.end() ? nullptr : &*found;
}

reports::LastRun last_run_of(const RunReport& report) {
  reports::LastRun last{report.result.row, report.result.evidence.message, report.probe.address, {}};
  for (const journeys::StepResult& step : report.steps) {
    last.steps.push_back({.name = step.name,
                          .outcome = step.outcome,
                          .skipped = step.skipped,
                          .finally = step.finally,
                          .status = step.status,
                          .start = step.start,
                          .duration = step.duration,
                          .phases = step.phases});
  }
  return last;
}

// What is read from the store, part by part.
class StoredParts {
 public:
  StoredParts(IncidentStores& stores, const config::Config& config, const config::Schedule& schedule,
              reports::CheckPage& page)
      : stores_(stores), config_(config), schedule_(schedule), page_(page), now_(page.origin.now) {}

  void add(const GiveUp& give_up) {
    keep(add_history(), "How it went cannot be read: ");
    keep(add_alerts(), "Its alerts cannot be read: ");
    keep(add_windows(), "Planned work cannot be read: ");
    keep(add_near(), "Deployments cannot be read: ");
    keep(add_incidents(give_up), "Its incidents cannot be told: ");
  }

 private:
  void keep(const Expected<void>& done, const std::string& what) {
    if (!done) page_.trouble.push_back(what + done.error().text() + ".");
  }

  Expected<void> add_history() {
    auto history = read_check_history(stores_.readers().front(), config_, schedule_, page_.row.journey, now_);
    if (!history) return std::unexpected(history.error());
    page_.uptime = std::move(history->uptime);
    page_.recent = std::move(history->recent);
    page_.latency = std::move(history->latency);
    page_.failure = std::move(history->failure);
    return {};
  }

  Expected<void> add_alerts() {
    const auto alerts = stores_.readers().front().alerts();
    if (!alerts) return std::unexpected(alerts.error());
    for (const store::AlertEntry& alert : *alerts) {
      if (alert.ends) continue;
      const auto labels = parse_json(alert.labels);
      const auto annotations = parse_json(alert.annotations);
      if (!labels || !labels->is_object() || text_in(*labels, "check") != schedule_.name) continue;
      page_.alerts.push_back(
          {std::string(text_in(*labels, "alertname")), std::string(text_in(*labels, "severity")),
           annotations && annotations->is_object() ? std::string(text_in(*annotations, "summary")) : std::string(),
           alert.starts});
    }
    return {};
  }

  Expected<void> add_windows() {
    const auto windows = windows_in_force(stores_.readers().front(), config_);
    if (!windows) return std::unexpected(windows.error());
    for (const config::Maintenance& window : *windows) {
      if (!window.service.empty() && window.service != schedule_.service) continue;
      for (const Period& time : sla::periods_of(window, {now_, now_ + kPlanned})) {
        if (time.to <= now_ || time.from >= now_ + kPlanned) continue;
        page_.windows.push_back({time, window.service, window.reason, window.author});
      }
    }
    std::ranges::stable_sort(page_.windows, {}, [](const auto& window) { return window.time.from; });
    if (page_.windows.size() > kMostWindows) page_.windows.resize(kMostWindows);
    return {};
  }

  Expected<void> add_near() {
    auto deployments =
        deployments_in(stores_, config_, schedule_.service, {schedule_.name}, {now_ - kDeployments, now_ + Micros(1)});
    if (!deployments) return std::unexpected(deployments.error());
    std::ranges::stable_sort(*deployments, std::ranges::greater(), &reports::IncidentDeployment::at);
    if (deployments->size() > kMostDeployments) deployments->resize(kMostDeployments);
    page_.deployments = std::move(*deployments);
    return {};
  }

  Expected<void> add_incidents(const GiveUp& give_up) {
    auto incidents =
        find_incidents(stores_, config_, {{now_ - kIncidents, now_}, now_, schedule_.service, give_up, schedule_.name});
    if (!incidents) return std::unexpected(incidents.error());
    std::erase_if(*incidents, [this](const reports::Incident& incident) {
      return std::ranges::find(incident.checks, schedule_.name) == incident.checks.end();
    });
    reports::sort_worst_first(*incidents);
    if (incidents->size() > kMostIncidents) incidents->resize(kMostIncidents);
    page_.incidents = std::move(*incidents);
    return {};
  }

  IncidentStores& stores_;
  const config::Config& config_;
  const config::Schedule& schedule_;
  reports::CheckPage& page_;
  const Time now_;
};

bool covers(const config::Objective& objective, const std::string& name) {
  return std::ranges::find(objective.checks, name) != objective.checks.end() ||
         std::ranges::find(objective.journeys, name) != objective.journeys.end();
}

}  // namespace

std::optional<reports::CheckPage> make_check_page(const Session& session, const std::string& name, bool journey,
                                                  Time now, const GiveUp& give_up) {
  const config::Config& config = *session.config;
  const std::vector<CheckView> views = session.monitor.checks();
  const CheckView* view = find_view(views, name, journey);
  if (view == nullptr) return std::nullopt;
  const config::Schedule& schedule = *view->schedule;
  reports::CheckPage page;
  page.origin = {now, config.region, config.environment, std::string(kVersion)};
  page.row = status_row(*view, config);
  page.interval = schedule.interval;
  page.timeout = schedule.timeout;
  page.recovery_after = schedule.thresholds.recovery;
  if (view->last) page.last = last_run_of(*view->last);
  page.target = latency_target_of(config, schedule.name);
  for (const ObjectiveView& one : *session.evaluator.latest()) {
    if (covers(*one.evaluation.objective, schedule.name)) page.objectives.push_back(one.evaluation);
  }
  auto stores = IncidentStores::open({config.data_dir});
  if (!stores) {
    page.trouble.push_back("Nothing that is stored can be read: " + stores.error().text() + ".");
    return page;
  }
  StoredParts(*stores, config, schedule, page).add(give_up);
  return page;
}

}  // namespace nines::agent
