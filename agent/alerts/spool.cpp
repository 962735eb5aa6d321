#include "agent/alerts/spool.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/log.hpp"

namespace nines::agent {
namespace {

std::string text_of(const AlertLabels& labels) {
  Json object = Json::object();
  for (const auto& [name, value] : labels) object[name] = value;
  return dump_json(object);
}

AlertLabels labels_of(const std::string& text) {
  AlertLabels labels;
  const auto json = parse_json(text);
  if (!json || !json->is_object()) return labels;
  for (const auto& [name, value] : json->items()) {
    if (value.is_string()) labels.emplace_back(name, value.get<std::string>());
  }
  return labels;
}

store::AlertEntry entry_of(const Alert& alert) {
  return {alert.id,     alert.identity, text_of(alert.labels), text_of(alert.annotations), alert.url,
          alert.starts, alert.ends};
}

}  // namespace

Expected<void> Spool::restore() {
  store::Reader reader = store_.reader();
  const auto entries = reader.alerts();
  if (!entries) return std::unexpected(entries.error());
  const auto tolds = reader.alerts_told();
  if (!tolds) return std::unexpected(tolds.error());
  std::map<std::int64_t, std::map<std::string, Told>> by_alert;
  for (const store::AlertTold& told : *tolds) by_alert[told.alert][told.receiver] = {told.firing, told.resolved};
  std::vector<Alert> alerts;
  for (const store::AlertEntry& entry : *entries) {
    alerts.push_back({.id = entry.id,
                      .identity = entry.identity,
                      .labels = labels_of(entry.labels),
                      .annotations = labels_of(entry.annotations),
                      .url = entry.url,
                      .starts = entry.starts,
                      .ends = entry.ends,
                      .told = std::move(by_alert[entry.id])});
  }
  const std::lock_guard lock(mutex_);
  book_.restore(std::move(alerts));
  return {};
}

void Spool::set_receivers(std::vector<std::string> receivers) {
  {
    const std::lock_guard lock(mutex_);
    receivers_ = std::move(receivers);
    ++version_;
  }
  changed_.notify_all();
}

void Spool::keep(const store::AlertChanges& changes) {
  const auto kept = store_.change_alerts(changes);
  if (!kept && !unkept_) log::error("alerts cannot be kept over a restart", {{"reason", kept.error().text()}});
  unkept_ = !kept;
}

bool Spool::update(const Assessment& assessment) {
  {
    const std::lock_guard lock(mutex_);
    const Time now = clock_.now();
    book_.forget(now - kResendResolved, receivers_);
    const auto changed = book_.update(now, assessment, receivers_);
    if (changed.empty()) return false;
    store::AlertChanges changes;
    for (const std::int64_t id : changed) {
      const Alert& alert = *book_.find(id);
      changes.alerts.push_back(entry_of(alert));
      if (alert.ends) continue;
      for (const auto& [receiver, told] : alert.told)
        changes.told.push_back({id, receiver, told.firing, told.resolved});
    }
    keep(changes);
    for (const std::int64_t id : changed) {
      const Alert& alert = *book_.find(id);
      log::info(alert.firing() ? "alert raised" : "alert resolved",
                {{"alert", value_of(alert.labels, "alertname")},
                 {"identity", alert.identity},
                 {"severity", value_of(alert.labels, "severity")},
                 {"summary", value_of(alert.annotations, "summary")}});
    }
    ++version_;
  }
  changed_.notify_all();
  return true;
}

void Spool::tell(const std::string& receiver, const Tellings& tellings) {
  const std::lock_guard lock(mutex_);
  store::AlertChanges changes;
  for (const auto& [id, told] : tellings) {
    if (book_.tell(id, receiver, told)) changes.told.push_back({id, receiver, told.firing, told.resolved});
  }
  if (!changes.told.empty()) keep(changes);
}

void Spool::forget(Time ended_before) {
  const std::lock_guard lock(mutex_);
  keep({.alerts = {}, .told = {}, .silences = {}, .forget = ended_before});
}

Alerts Spool::alerts() const {
  const std::lock_guard lock(mutex_);
  return book_.alerts();
}

std::string Spool::firing(const std::string& identity) const {
  const std::lock_guard lock(mutex_);
  return std::string(book_.firing(identity));
}

std::uint64_t Spool::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

void Spool::wait(std::uint64_t seen, std::chrono::nanoseconds at_most, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, at_most, [&] { return version_ != seen; });
}

}  // namespace nines::agent
