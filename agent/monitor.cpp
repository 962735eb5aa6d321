#include "agent/monitor.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.hpp"
#include "config/yaml_text.hpp"
#include "sla/calendar.hpp"

namespace nines::agent {
namespace {

reports::Shown shown_of(const sla::Health& health, sla::State state) {
  switch (state) {
    case sla::State::unknown:
      return reports::Shown::unknown;
    case sla::State::up:
      return health.failures > 0 ? reports::Shown::failing : reports::Shown::up;
    case sla::State::warning:
      return reports::Shown::warning;
    case sla::State::critical:
      return reports::Shown::critical;
  }
  return reports::Shown::unknown;
}

bool holds(const config::Maintenance& window, Time now) {
  if (window.once) return window.once->contains(now);
  return window.weekly && window.in_force.contains(now) &&
         !sla::local_hours(*window.weekly, window.time_zone, {now, now + Micros(1)}).empty();
}

// Whether the answers to one are answers to the other: of two checks, or of two journeys.
bool same_question(const config::Check* a, const config::Check* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->target == b->target && a->module->prober == b->module->prober && a->module->text == b->module->text &&
         a->components.text == b->components.text && a->version.text == b->version.text;
}

bool same_window(const config::Maintenance& a, const config::Maintenance& b) {
  const auto weekly = [](const config::Maintenance& one) { return one.weekly ? one.weekly->text : std::string(); };
  return a.service == b.service && a.once == b.once && weekly(a) == weekly(b) && a.time_zone == b.time_zone &&
         a.excluded == b.excluded && a.in_force == b.in_force;
}

bool in_maintenance(const config::Schedule& schedule, std::span<const config::Maintenance> windows, Time now) {
  return std::ranges::any_of(windows, [&](const config::Maintenance& window) {
    return (window.service.empty() || window.service == schedule.service) && holds(window, now);
  });
}

}  // namespace

Monitor::Monitor(const config::Config& config, Metrics& metrics, store::Store& store, const Clock& clock)
    : config_(config),
      metrics_(metrics),
      store_(store),
      clock_(clock),
      windows_(std::make_shared<const std::vector<config::Maintenance>>(config.maintenance)) {
  std::map<std::string, std::vector<sla::ServiceDowntime::CheckSettings>> by_service;
  const auto add = [&](const config::Schedule& schedule, const config::Check* check) {
    index_.emplace(schedule.name, entries_.size());
    entries_.push_back({&schedule, check, {}, nullptr, nullptr, std::nullopt});
  };
  const auto account = [&](const config::Schedule& schedule) {
    // It tells about this region's own network, not about a service.
    if (schedule.uplink) return;
    by_service[schedule.service].push_back({schedule.name, schedule.stale_after, schedule.thresholds.warning});
  };
  for (const config::Check& check : config.checks) {
    add(check.schedule, &check);
    account(check.schedule);
  }
  for (const config::Journey& journey : config.journeys) {
    add(journey.schedule, nullptr);
    // A service's downtime is that of its checks, as in an objective; one that has journeys only is judged by them.
    const bool has_checks = std::ranges::any_of(
        config.checks, [&](const config::Check& check) { return check.schedule.service == journey.schedule.service; });
    if (!has_checks) account(journey.schedule);
  }
  for (auto& [service, checks] : by_service) {
    std::vector<std::size_t> members;
    for (const auto& check : checks) members.push_back(index_.find(check.name)->second);
    Downtime downtime{
        sla::ServiceDowntime(std::move(checks), excluding(*windows_, service)), std::move(members), {}, {}};
    Downtime& placed = downtime_.emplace(service, std::move(downtime)).first->second;
    for (const std::size_t member : placed.members) entries_[member].downtime = &placed.counters;
  }
}

std::vector<config::Maintenance> Monitor::excluding(std::span<const config::Maintenance> windows,
                                                    const std::string& service) {
  std::vector<config::Maintenance> found;
  std::ranges::copy_if(windows, std::back_inserter(found), [&](const config::Maintenance& window) {
    return window.excluded && (window.service.empty() || window.service == service);
  });
  return found;
}

void Monitor::set_windows(std::vector<config::Maintenance> windows) {
  const std::lock_guard lock(mutex_);
  const Time now = clock_.now();
  windows_ = std::make_shared<const std::vector<config::Maintenance>>(std::move(windows));
  for (auto& [service, downtime] : downtime_) {
    // What has passed was counted by the windows that were known then.
    advance(downtime, now);
    downtime.counters.set_maintenance(excluding(*windows_, service));
  }
}

void Monitor::restore(std::span<const store::HealthEntry> entries) {
  std::map<std::string, std::size_t, std::less<>> stored;
  for (std::size_t i = 0; i < entries.size(); ++i) stored.emplace(entries[i].check, i);
  const std::lock_guard lock(mutex_);
  for (Entry& known : entries_) {
    const std::string* name = name_in(stored, *known.schedule);
    if (name == nullptr) continue;
    const store::HealthEntry& entry = entries[stored.find(*name)->second];
    if (known.downtime != nullptr) known.downtime->resume(known.schedule->name, entry.failures);
    known.health = {static_cast<sla::State>(entry.state), entry.failures, entry.successes, entry.last_result,
                    entry.since};
  }
}

const std::string* Monitor::name_in(const std::map<std::string, std::size_t, std::less<>>& index,
                                    const config::Schedule& schedule) {
  if (index.contains(schedule.name)) return &schedule.name;
  const auto former = std::ranges::find_if(schedule.formerly, [&](const auto& name) { return index.contains(name); });
  return former == schedule.formerly.end() ? nullptr : &*former;
}

void Monitor::take_over(Monitor& before) {
  const std::scoped_lock lock(mutex_, before.mutex_);
  for (Entry& entry : entries_) {
    const std::string* name = name_in(before.index_, *entry.schedule);
    if (name == nullptr) continue;
    const Entry& old = before.entries_[before.index_.find(*name)->second];
    entry.health = old.health;
    if (entry.downtime != nullptr) entry.downtime->resume(entry.schedule->name, old.health.failures);
    if (!old.last || !same_question(entry.check, old.check)) continue;
    RunReport last = *old.last;
    last.schedule = entry.schedule;
    entry.last = std::make_shared<const RunReport>(std::move(last));
  }
  take_over_downtime(before);
}

void Monitor::take_over_downtime(Monitor& before) {
  const auto settings = [](const Monitor& monitor, const Downtime& downtime) {
    std::vector<std::tuple<std::string, Micros, int>> all;
    for (const std::size_t member : downtime.members) {
      const config::Schedule& schedule = *monitor.entries_[member].schedule;
      all.emplace_back(schedule.name, schedule.stale_after, schedule.thresholds.warning);
    }
    return all;
  };
  const bool same_windows = std::ranges::equal(*windows_, *before.windows_, same_window);
  for (auto& [service, downtime] : downtime_) {
    const auto found = before.downtime_.find(service);
    if (found == before.downtime_.end()) continue;
    Downtime& old = found->second;
    downtime.down_before = old.down_before;
    downtime.known_before = old.known_before;
    const Micros down = old.counters.down();
    const Micros known = old.counters.known();
    old.down_before += down;
    old.known_before += known;
    if (same_windows && settings(*this, downtime) == settings(before, old)) {
      std::swap(downtime.counters, old.counters);
    } else {
      // What is counted from here on are the spans of other checks, or by other rules.
      downtime.down_before += down;
      downtime.known_before += known;
      old.counters = sla::ServiceDowntime({}, {});
    }
  }
}

void Monitor::started(const config::Schedule& schedule, std::chrono::nanoseconds lateness) {
  metrics_.started(lateness);
  if (observer_ != nullptr) observer_->started(lateness);
  const std::lock_guard lock(mutex_);
  entries_[index_.find(schedule.name)->second].running_since = clock_.now();
}

void Monitor::skipped(const config::Schedule& schedule, std::uint64_t turns) {
  metrics_.skipped(schedule, turns);
  log::warning("run still going at its next turn", {{"check", schedule.name}, {"skipped", turns}});
}

void Monitor::finished(RunReport report) {
  const config::Schedule& schedule = *report.schedule;
  // A run cut off by a shutdown says nothing about its target.
  if (report.interrupted) return;

  metrics_.finished(config_, report);
  const auto shared = std::make_shared<const RunReport>(std::move(report));
  sla::Health before;
  sla::Health after;
  bool failed_here = false;  // the run before, by the agent's own fault
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[index_.find(schedule.name)->second];
    before = entry.health;
    sla::advance(entry.health, shared->result.row, schedule.thresholds);
    after = entry.health;
    failed_here = entry.last && is_agent_fault(entry.last->result.row.reason);
    entry.last = shared;
    entry.running_since.reset();
    if (entry.downtime != nullptr) entry.downtime->add(schedule.name, shared->result.row);
  }
  store_.submit(shared->result, {schedule.name, static_cast<int>(after.state), after.failures, after.successes,
                                 after.last_result, after.since});
  if (on_version_ && !shared->version.empty()) on_version_(schedule, shared->version, shared->result.row.start);
  tell_change(schedule, before, after, *shared, failed_here);
  if (observer_ != nullptr) observer_->finished(*shared, before, after);
}

void Monitor::cleaned(const RunReport& report) {
  for (const Outcome& failure : report.cleanup_failures) {
    log::warning("cleanup failed", {{"journey", report.schedule->name}, {"reason", failure.message}});
  }
  metrics_.cleaned(config_, report);
}

void Monitor::tell_change(const config::Schedule& schedule, const sla::Health& before, const sla::Health& after,
                          const RunReport& report, bool before_failed_here) const {
  const Evidence& evidence = report.result.evidence;
  if (log::enabled(log::Level::debug)) {
    log::debug("run finished", {{"check", schedule.name},
                                {"reason", reason_name(report.result.row.reason)},
                                {"duration_ms", milliseconds(report.result.row.duration)},
                                {"trace_id", evidence.trace_id},
                                {"correlation_id", evidence.correlation_id}});
  }
  const Reason reason = report.result.row.reason;
  if (is_agent_fault(reason) && !before_failed_here) {
    log::error("the agent cannot probe: its time is unknown, not down",
               {{"check", schedule.name}, {"reason", reason_name(reason)}, {"detail", evidence.message}});
  }
  if (!report.unread.empty() && (before.state != after.state || before.last_result == Time{})) {
    log::warning("components or version cannot be read from the answer",
                 {{"check", schedule.name}, {"reason", report.unread}});
  }
  if (before.state == after.state) return;
  const log::Level level = after.state == sla::State::critical  ? log::Level::error
                           : after.state == sla::State::warning ? log::Level::warning
                                                                : log::Level::info;
  log::write(level, "state changed",
             {{"check", schedule.name},
              {"service", schedule.service},
              {"from", sla::state_name(before.state)},
              {"to", sla::state_name(after.state)},
              {"consecutive_failures", after.failures},
              {"reason", reason_name(report.result.row.reason)},
              {"detail", evidence.message},
              {"trace_id", evidence.trace_id},
              {"correlation_id", evidence.correlation_id}});
}

std::vector<CheckView> Monitor::checks() const {
  const Time now = clock_.now();
  std::vector<CheckView> views;
  std::shared_ptr<const std::vector<config::Maintenance>> windows;
  {
    const std::lock_guard lock(mutex_);
    windows = windows_;
    views.reserve(entries_.size());
    for (const Entry& entry : entries_) {
      views.push_back(
          {entry.schedule, entry.check, entry.health, sla::State::unknown, reports::Shown::unknown, entry.last});
    }
  }
  for (CheckView& view : views) {
    view.state = sla::shown(view.health, now, view.schedule->stale_after);
    view.shown = shown_of(view.health, view.state);
  }
  for (CheckView& view : views) {
    const bool suppressed = std::ranges::any_of(view.schedule->depends_on, [&](const std::string& name) {
      const auto found = index_.find(name);
      return found != index_.end() && views[found->second].state == sla::State::critical;
    });
    if (suppressed) view.shown = reports::Shown::suppressed;
    if (in_maintenance(*view.schedule, *windows, now)) view.shown = reports::Shown::maintenance;
  }
  return views;
}

void Monitor::advance(Downtime& downtime, Time now) {
  // A run that is going on speaks from its start: time is settled up to there.
  Time settled = now;
  for (const std::size_t member : downtime.members) {
    settled = std::min(settled, entries_[member].running_since.value_or(now));
  }
  downtime.counters.advance(settled);
}

std::vector<ServiceView> Monitor::services() {
  const std::lock_guard lock(mutex_);
  const Time now = clock_.now();
  std::vector<ServiceView> views;
  for (auto& [service, downtime] : downtime_) {
    advance(downtime, now);
    views.push_back(
        {service, downtime.down_before + downtime.counters.down(), downtime.known_before + downtime.counters.known()});
  }
  return views;
}

reports::StatusRow status_row(const CheckView& view, const config::Config& config) {
  const config::Schedule& schedule = *view.schedule;
  reports::StatusRow row;
  row.name = schedule.name;
  row.service = schedule.service;
  if (const config::Service* service = config.service(schedule.service)) {
    row.priority = service->priority;
    row.runbook_url = service->runbook_url;
  }
  row.journey = view.check == nullptr;
  row.target = config::hide_user_info(row.journey ? config.journey(schedule.name)->base_url : view.check->target);
  row.state = view.shown;
  row.failures = view.health.failures;
  row.warning_at = schedule.thresholds.warning;
  row.critical_at = schedule.thresholds.critical;
  row.since = view.health.since;
  row.last_result = view.health.last_result;
  if (view.last) {
    row.last_duration = view.last->result.row.duration;
    row.last_outcome = {view.last->result.row.reason, view.last->result.evidence.message};
    row.failed_step = view.last->result.evidence.failed_step;
    row.version = view.last->version;
    row.components = view.last->components;
  }
  return row;
}

}  // namespace nines::agent
