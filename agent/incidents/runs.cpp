#include <algorithm>

#include <fmt/format.h>

#include "agent/incidents/parts.hpp"
#include "agent/incidents/subjects.hpp"

namespace nines::agent {
namespace {

using reports::IncidentMark;

constexpr int kEvidence = 5;  // kept of each check and region

class Runs {
 public:
  Runs(const config::Config& config, reports::Incident& incident, const GiveUp& give_up)
      : config_(config), incident_(incident), give_up_(give_up) {}

  Expected<void> add(store::Reader& reader) {
    for (const std::string& check : incident_.checks) {
      const auto schedules = config_.schedules();
      const auto schedule = std::ranges::find(schedules, check, [](const auto* one) { return one->name; });
      if (schedule == schedules.end()) continue;
      for (const std::string& name : names_of_check(config_, check)) {
        for (const std::string& region : incident_.regions) {
          if (give_up_()) return fail(kTookTooLong);
          if (auto done = add(reader, {name, region}, **schedule); !done) return done;
        }
      }
    }
    return {};
  }

 private:
  void event(Time at, IncidentMark mark, std::string text) {
    incident_.timeline.push_back({at, mark, std::move(text)});
  }

  Expected<void> add(store::Reader& reader, const SeriesKey& key, const config::Schedule& schedule) {
    const Micros beyond = std::max<Micros>(schedule.stale_after, 2 * schedule.interval);
    const auto start = reader.run_start(key, incident_.extent.from + Micros(1));
    if (!start) return std::unexpected(start.error());
    const Time from = start->value_or(incident_.extent.from);
    if (auto told = tell_runs(reader, key, schedule.thresholds, {from, incident_.extent.to + beyond}); !told)
      return told;
    const auto evidence = reader.evidence(key, {from, incident_.extent.to + Micros(1)}, kEvidence);
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

  Expected<void> tell_runs(store::Reader& reader, const SeriesKey& key, const config::Thresholds& thresholds,
                           const Period& period) {
    const std::string who = fmt::format("{} in {}", key.check, key.region);
    int failures = 0;
    const auto success = [&](Time at) {
      if (failures >= thresholds.warning) event(at, IncidentMark::recovery, who + " succeeds again");
      failures = 0;
    };
    const auto failure = [&](const ResultRow& row) {
      ++failures;
      if (failures == 1) {
        event(row.start, IncidentMark::failure, fmt::format("{} fails: {}", who, reason_words(row.reason)));
      }
      if (failures == thresholds.warning) {
        event(row.start, IncidentMark::warning, fmt::format("{} is in warning: {} failures in a row", who, failures));
      }
      if (failures == thresholds.critical) {
        event(row.start, IncidentMark::critical, fmt::format("{} is critical: {} failures in a row", who, failures));
      }
    };
    bool given_up = false;
    auto done = reader.visit_hours(key, period, store::HourContent::summaries, [&](const store::StoredHour& hour) {
      if (hour.plain) success(hour.summary.first);
      for (const ResultRow& row : hour.rows) {
        if (row.origin != Origin::scheduled || is_agent_fault(row.reason)) continue;
        row.success() ? success(row.start) : failure(row);
      }
      return !(given_up = give_up_());
    });
    if (!done) return done;
    if (given_up) return fail(kTookTooLong);
    return {};
  }

  const config::Config& config_;
  reports::Incident& incident_;
  const GiveUp& give_up_;
};

}  // namespace

Expected<void> add_runs(IncidentStores& stores, const config::Config& config, reports::Incident& incident,
                        const GiveUp& give_up) {
  for (store::Reader& reader : stores.readers()) {
    if (auto done = Runs(config, incident, give_up).add(reader); !done) return done;
  }
  return {};
}

}  // namespace nines::agent
