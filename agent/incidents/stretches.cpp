#include "agent/incidents/stretches.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "sla/settings.hpp"

namespace nines::agent {
namespace {

constexpr Micros kJoined = std::chrono::hours(4);  // stretches nearer than this are read as one

// What the settings of a check ever were: the shortest run that is down, and how long its last result speaks.
struct Bounds {
  int failures = std::numeric_limits<int>::max();
  Micros stale{0};
};

Expected<std::map<std::string, Bounds>> bounds_by_name(std::span<store::Reader> readers, const config::Config& config) {
  std::map<std::string, Bounds> bounds;
  const auto add = [&](const std::string& name, int failures, Micros stale) {
    Bounds& one = bounds[name];
    one.failures = std::min(one.failures, failures);
    one.stale = std::max(one.stale, stale);
  };
  for (const config::Schedule* schedule : config.schedules()) {
    for (const std::string& name : names_of_check(config, schedule->name)) {
      add(name, schedule->thresholds.warning, schedule->stale_after);
    }
  }
  for (store::Reader& reader : readers) {
    const auto settings = reader.settings();
    if (!settings) return std::unexpected(settings.error());
    for (const store::SettingsEntry& entry : *settings) add(entry.check, entry.warning, entry.stale_after);
  }
  return bounds;
}

// Follows one series for runs of failures.
class Runs {
 public:
  Runs(Bounds bounds, std::vector<Period>& found) : bounds_(bounds), found_(found) {}

  // A run was going on when what is shown begins, whenever its last failure was.
  void going_on(Time beginning) {
    first_ = last_ = beginning;
    count_ = bounds_.failures;
  }
  void success() {
    if (count_ >= bounds_.failures) keep();
    count_ = 0;
  }
  void show(const ResultRow& row) {
    if (row.origin != Origin::scheduled || is_agent_fault(row.reason)) return;
    if (row.success()) return success();
    if (count_ == 0) first_ = row.start;
    last_ = row.start;
    bounds_.stale = std::max(bounds_.stale, sla::default_stale_after(row.interval));
    if (count_ < bounds_.failures) ++count_;
  }
  // What comes later may make it long enough.
  void end() {
    if (count_ > 0) keep();
  }

 private:
  void keep() { found_.push_back({first_, last_ + bounds_.stale + Micros(1)}); }

  Bounds bounds_;
  std::vector<Period>& found_;
  Time first_{};
  Time last_{};
  int count_ = 0;
};

std::vector<Period> joined(std::vector<Period> all) {
  std::ranges::sort(all, {}, &Period::from);
  std::vector<Period> result;
  for (const Period& one : all) {
    if (!result.empty() && one.from <= result.back().to + kJoined) {
      result.back().to = std::max(result.back().to, one.to);
    } else {
      result.push_back(one);
    }
  }
  return result;
}

struct Source {
  store::Reader* reader;
  SeriesKey key;
};

// The series of a check in a region, under every name and in every store; by the check's present name.
using Sources = std::map<SeriesKey, std::vector<Source>>;

Expected<Sources> sources_of(std::span<store::Reader> readers, const config::Config& config,
                             const IncidentSubject& subject) {
  std::map<std::string, std::string> present;
  for (const std::string& check : subject.checks) {
    for (const std::string& name : names_of_check(config, check)) present.emplace(name, check);
  }
  Sources sources;
  for (store::Reader& reader : readers) {
    const auto keys = reader.series();
    if (!keys) return std::unexpected(keys.error());
    for (const SeriesKey& key : *keys) {
      const auto found = present.find(key.check);
      if (found != present.end()) sources[{found->second, key.region}].push_back({&reader, key});
    }
  }
  return sources;
}

Expected<void> follow(store::Reader& reader, std::span<const SeriesKey> keys, std::vector<Runs>& runs,
                      const Period& period, const GiveUp& give_up) {
  bool given_up = false;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto start = reader.run_start(keys[i], period.from);
    if (!start) return std::unexpected(start.error());
    if (*start) runs[i].going_on(period.from);
  }
  auto done = reader.visit_hours(keys, period, store::HourContent::summaries,
                                 [&](std::size_t i, const store::StoredHour& hour) {
                                   if (hour.plain) runs[i].success();
                                   for (const ResultRow& row : hour.rows) runs[i].show(row);
                                   return !(given_up = give_up());
                                 });
  if (!done) return done;
  if (given_up) return fail(kTookTooLong);
  for (Runs& one : runs) one.end();
  return {};
}

}  // namespace

Expected<std::vector<Period>> troubled_stretches(std::span<store::Reader> readers, const config::Config& config,
                                                 const IncidentSubject& subject, const Period& period,
                                                 const GiveUp& give_up) {
  const auto sources = sources_of(readers, config, subject);
  if (!sources) return std::unexpected(sources.error());
  const auto bounds = bounds_by_name(readers, config);
  if (!bounds) return std::unexpected(bounds.error());
  std::vector<Period> found;
  for (store::Reader& reader : readers) {
    std::vector<SeriesKey> keys;
    std::vector<Runs> runs;
    for (const auto& [key, places] : *sources) {
      for (const Source& source : places) {
        if (source.reader != &reader) continue;
        Bounds own = bounds->at(source.key.check);
        // A run may go on in another of them: no failure is too few.
        if (places.size() > 1) own.failures = 1;
        keys.push_back(source.key);
        runs.emplace_back(own, found);
      }
    }
    if (auto done = follow(reader, keys, runs, period, give_up); !done) return std::unexpected(done.error());
  }
  std::vector<Period> stretches;
  for (const Period& one : joined(std::move(found))) {
    const Period inside{std::max(one.from, period.from), std::min(one.to, period.to)};
    if (inside.from < inside.to) stretches.push_back(inside);
  }
  return stretches;
}

}  // namespace nines::agent
