// Alerts of checks and journeys: that they fail or flap, their components, their certificates.

#include <algorithm>

#include <fmt/format.h>

#include "agent/alerts/assessor.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

std::string_view severity_of(sla::State state) {
  return state == sla::State::critical ? kCritical : kWarning;
}

std::string clock_time(Time time) {
  return format_time(time, 0);
}

}  // namespace

void Assessor::check(const CheckView& view) {
  const config::Schedule& schedule = *view.schedule;
  const std::string identity = "check/" + schedule.name;
  const auto found = facts_.flapping->find(schedule.name);
  const bool flaps = found != facts_.flapping->end() && found->second.flaps(facts_.now);
  if (view.state == sla::State::unknown && !flaps) return undecided(identity);
  if (!bad(view.state) && !flaps) return;
  if (silent(view)) return undecided(identity);
  if (flaps) return flapping(view, found->second);

  const bool journey = view.check == nullptr;
  const std::string_view severity = severity_of(view.state);
  Words words{.alertname = journey ? "JourneyFailing" : "CheckFailing",
              .service = schedule.service,
              .severity = severity,
              .labels = {{"check", schedule.name}},
              .summary = fmt::format("{} {} of {} is {}", journey ? "Journey" : "Check", schedule.name,
                                     schedule.service, severity),
              .description = fmt::format("{} failures in a row (warning at {}, critical at {}), {} since {}.",
                                         view.health.failures, schedule.thresholds.warning,
                                         schedule.thresholds.critical, severity, clock_time(view.health.since)),
              .path = page_of(view),
              .since = view.health.since,
              .incident = incident_of(view, view.health.since)};
  if (view.health.failures == 0) {
    words.description = fmt::format("It recovers: {} of {} successes in a row, {} since {}.", view.health.successes,
                                    schedule.thresholds.recovery, severity, clock_time(view.health.since));
  }
  if (view.last && !view.last->result.row.success()) {
    const Evidence& evidence = view.last->result.evidence;
    if (!evidence.failed_step.empty()) {
      words.labels.emplace_back("failed_step", evidence.failed_step);
      words.description += fmt::format(" Step {} failed.", evidence.failed_step);
    }
    words.description +=
        fmt::format(" Last failure: {} ({}).", evidence.message, reason_name(view.last->result.row.reason));
  }
  wrong(identity, std::move(words));
}

void Assessor::flapping(const CheckView& view, const Flapping& flap) {
  const config::Schedule& schedule = *view.schedule;
  wrong(
      "check/" + schedule.name,
      {.alertname = view.check != nullptr ? "CheckFlapping" : "JourneyFlapping",
       .service = schedule.service,
       .severity = severity_of(flap.worst()),
       .labels = {{"check", schedule.name}},
       .summary = fmt::format("{} {} of {} is flapping", view.check != nullptr ? "Check" : "Journey", schedule.name,
                              schedule.service),
       .description = fmt::format("{} changes of state, now {}. This is its one alert until it has not changed for {}.",
                                  flap.changes(), sla::state_name(view.state), format_duration(kFlapQuiet)),
       .path = page_of(view),
       .since = flap.since()});
}

void Assessor::components() {
  for (const auto& [key, health] : *facts_.components) {
    const auto& [check, component] = key;
    const CheckView* view = view_of(check);
    if (view == nullptr) continue;
    const std::string identity = "component/" + check + "/" + component;
    const sla::State state = sla::shown(health, facts_.now, view->schedule->stale_after);
    if (state == sla::State::unknown || (bad(state) && silent(*view))) {
      undecided(identity);
      continue;
    }
    if (!bad(state)) continue;
    wrong(identity, {.alertname = "ComponentDown",
                     .service = view->schedule->service,
                     .severity = severity_of(state),
                     .labels = {{"check", check}, {"component", component}},
                     .summary = fmt::format("Component {} of {} is down", component, view->schedule->service),
                     .description = fmt::format("Check {} was told so {} times in a row, since {}.", check,
                                                health.failures, clock_time(health.since)),
                     .path = page_of(*view),
                     .since = health.since});
  }
}

void Assessor::certificate(const CheckView& view) {
  if (view.check == nullptr) return;
  const std::string identity = "certificate/" + view.schedule->name;
  if (!view.last) return undecided(identity);
  const auto& tls = view.last->probe.tls;
  if (!tls || !tls->earliest_expiry) {
    // A run that did not come so far says nothing of it.
    if (!view.last->result.row.success()) undecided(identity);
    return;
  }
  const Time expiry = *tls->earliest_expiry;
  const Micros left = expiry - facts_.now;
  if (left > config_.alerting.certificate_warning) return;
  if (silent(view)) return undecided(identity);
  const bool critical = left <= config_.alerting.certificate_critical;
  const Micros limit = critical ? config_.alerting.certificate_critical : config_.alerting.certificate_warning;
  wrong(identity,
        {.alertname = "CertificateExpiring",
         .service = view.schedule->service,
         .severity = critical ? kCritical : kWarning,
         .labels = {{"check", view.schedule->name}},
         .summary = fmt::format("A certificate of {} {} {}", view.schedule->service,
                                left.count() > 0 ? "expires in" : "has expired since",
                                say_duration(left.count() > 0 ? left : -left)),
         .description = fmt::format("What check {} was shown{} is valid until {}; {} from {} before.",
                                    view.schedule->name, tls->leaf ? " (" + tls->leaf->subject + ")" : "",
                                    clock_time(expiry), critical ? kCritical : kWarning, format_duration(limit)),
         .path = page_of(view),
         .since = std::max(expiry - limit, Time{})});
}

}  // namespace nines::agent
