#include "agent/alerts/silences.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "agent/outbound/http.hpp"
#include "agent/windows.hpp"
#include "base/log.hpp"
#include "sla/exclusions.hpp"
#include "sla/health.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kLook = 5s;  // at the windows
constexpr Micros kAsk = 30s;                    // whether the Alertmanager has its silences still
constexpr Micros kWeek = std::chrono::days(7);
// A silence must be longer before its end comes: a look may be late.
constexpr Micros kBeforeEnd = 1min;

// Maintenance without a gap in it.
struct Stretch {
  Period time;
  bool begins = true;                         // its true beginning is known
  const config::Maintenance* last = nullptr;  // the window that ends it
};

// Of windows that are all of one service, around `now`.
std::vector<Stretch> stretches_of(const std::vector<const config::Maintenance*>& windows, Time now) {
  // By whole days, so that what has no end in sight moves once a day.
  const Time today = std::chrono::floor<std::chrono::days>(now);
  const Period around{today - kWeek, today + kWeek};
  std::vector<Stretch> all;
  for (const config::Maintenance* window : windows) {
    for (const Period& time : sla::periods_of(*window, around)) {
      all.push_back({time, window->once.has_value() || time.from > around.from, window});
    }
  }
  std::ranges::sort(all, {}, [](const Stretch& one) { return one.time.from; });
  std::vector<Stretch> joined;
  for (const Stretch& next : all) {
    if (joined.empty() || joined.back().time.to < next.time.from) {
      joined.push_back(next);
    } else if (joined.back().time.to < next.time.to) {
      joined.back().time.to = next.time.to;
      joined.back().last = next.last;
    }
  }
  return joined;
}

Silence silence_of(const Stretch& stretch) {
  const config::Maintenance& window = *stretch.last;
  const bool all = window.service.empty();
  return {.id = {},
          .matchers = {{.name = "service", .value = all ? ".+" : window.service, .regex = all}},
          .starts_at = stretch.time.from - kSilenceAhead,
          .ends_at = stretch.time.to,
          .created_by = window.author.empty() ? "nines" : window.author,
          .comment = fmt::format("{} (planned maintenance of {} until {})",
                                 window.reason.empty() ? "maintenance" : window.reason,
                                 all ? "all services" : window.service, format_time(stretch.time.to, 0))};
}

bool same(const Silence& a, const Silence& b) {
  return a.matchers == b.matchers && a.created_by == b.created_by && a.comment == b.comment;
}

std::set<std::string, std::less<>> failing_services(const config::Config& config,
                                                    std::span<const store::HealthEntry> entries, Time now) {
  std::set<std::string, std::less<>> failing;
  for (const config::Schedule* schedule : config.schedules()) {
    const auto entry = std::ranges::find(entries, schedule->name, &store::HealthEntry::check);
    if (entry == entries.end()) continue;
    const sla::Health health{static_cast<sla::State>(entry->state), entry->failures, entry->successes,
                             entry->last_result, entry->since};
    const sla::State state = sla::shown(health, now, schedule->stale_after);
    if (state == sla::State::warning || state == sla::State::critical) failing.insert(schedule->service);
  }
  return failing;
}

}  // namespace

std::vector<PlannedSilence> planned_silences(std::span<const config::Maintenance> windows, Time now,
                                             const SilenceState& state) {
  std::map<std::string, std::vector<const config::Maintenance*>> by_service;
  for (const config::Maintenance& window : windows) by_service[window.service].push_back(&window);
  std::vector<PlannedSilence> planned;
  for (const auto& [service, its] : by_service) {
    const bool fails = service.empty() ? !state.failing.empty() : state.failing.contains(service);
    for (const Stretch& stretch : stretches_of(its, now)) {
      const Period& time = stretch.time;
      if (now < time.from - kSilenceAhead || now >= time.to + kSilenceOverrun) continue;
      std::string window = fmt::format("{}/{}", service, stretch.begins ? format_time(time.from, 0) : "always");
      // One that was ended by hand is over.
      const bool overruns =
          fails && now >= time.to - kBeforeEnd && !stretch.last->removed && state.silenced.contains(window);
      if (now >= time.to && !overruns) continue;
      Silence silence = silence_of(stretch);
      // Nothing else: another region's agent, whose checks are well, finds it as it made it.
      if (overruns) silence.ends_at = time.to + kSilenceOverrun;
      planned.push_back({std::move(window), std::move(silence), overruns});
    }
  }
  return planned;
}

SilenceKeeper::SilenceKeeper(const std::string& receiver, const config::Remote& remote, ReceiverGround ground)
    : Receiver(receiver + "/silences", "silences at " + origin_of(remote)),
      receiver_(receiver),
      ground_(std::move(ground)),
      client_(remote) {}

Expected<void> SilenceKeeper::load() {
  if (loaded_) return {};
  auto entries = ground_.store.reader().silences();
  if (!entries) return std::unexpected(entries.error());
  for (store::SilenceEntry& entry : *entries) {
    if (entry.receiver == receiver_) known_.insert_or_assign(entry.made_for, std::move(entry));
  }
  loaded_ = true;
  return {};
}

Expected<void> SilenceKeeper::keep(const store::SilenceEntry& entry) {
  if (entry.id.empty()) {
    known_.erase(entry.made_for);
  } else {
    known_.insert_or_assign(entry.made_for, entry);
  }
  return ground_.store.change_alerts({.alerts = {}, .told = {}, .silences = {entry}, .forget = {}});
}

Expected<std::vector<PlannedSilence>> SilenceKeeper::plan(Time now) const {
  store::Reader reader = ground_.store.reader();
  const auto windows = windows_in_force(reader, *ground_.config);
  if (!windows) return std::unexpected(windows.error());
  const auto health = reader.health();
  if (!health) return std::unexpected(health.error());
  SilenceState state{.failing = failing_services(*ground_.config, *health, now), .silenced = {}};
  for (const auto& [window, entry] : known_) state.silenced.insert(window);
  return planned_silences(*windows, now, state);
}

Expected<std::chrono::nanoseconds> SilenceKeeper::turn(const std::stop_token& stop) {
  if (auto loaded = load(); !loaded) return std::unexpected(loaded.error());
  const Time now = ground_.clock.now();
  auto planned = plan(now);
  if (!planned) return std::unexpected(planned.error());
  if (*planned == made_ && now >= asked_ && now < asked_ + kAsk) return kLook;
  made_.clear();
  // First what is to be, so that one of another beginning leaves no gap.
  for (const PlannedSilence& one : *planned) {
    if (auto made = make_so(one, stop); !made) return std::unexpected(made.error());
  }
  if (auto ended = end_others(*planned, now, stop); !ended) return std::unexpected(ended.error());
  made_ = std::move(*planned);
  asked_ = now;
  return kLook;
}

Expected<void> SilenceKeeper::end_others(const std::vector<PlannedSilence>& planned, Time now,
                                         const std::stop_token& stop) {
  std::set<std::string_view> wanted;
  std::set<std::string> used;
  for (const PlannedSilence& one : planned) {
    wanted.insert(one.window);
    used.insert(known_.at(one.window).id);
  }
  std::vector<store::SilenceEntry> others;
  for (const auto& [window, entry] : known_) {
    if (!wanted.contains(window)) others.push_back(entry);
  }
  for (store::SilenceEntry& entry : others) {
    if (now < entry.ends && !used.contains(entry.id)) {
      if (auto expired = client_.expire_silence(entry.id, stop); !expired) return expired;
      log::info("silence ended: its maintenance is over, or planned no more",
                {{"silence", entry.id}, {"window", entry.made_for}});
    }
    entry.id.clear();
    if (auto kept = keep(entry); !kept) return kept;
  }
  return {};
}

Expected<void> SilenceKeeper::make_so(const PlannedSilence& planned, const std::stop_token& stop) {
  Silence wanted = planned.silence;
  std::optional<Silence> there;
  const auto known = known_.find(planned.window);
  if (known != known_.end()) {
    auto has = client_.silence(known->second.id, stop);
    if (!has) return std::unexpected(has.error());
    there = std::move(*has);
    const bool moved = known->second.ends != wanted.ends_at;
    const bool ended = there && there->state == "expired";
    if (ended && (!moved || planned.overruns)) return {};
    if (there && !moved && same(*there, wanted)) return {};
  } else {
    // One whose making was answered to nobody, or another agent's for the same window.
    const auto all = client_.silences(wanted.matchers, stop);
    if (!all) return std::unexpected(all.error());
    const auto found =
        std::ranges::find_if(*all, [&](const Silence& one) { return one.state != "expired" && same(one, wanted); });
    if (found != all->end()) there = *found;
  }
  if (there) {
    wanted.id = there->id;
    if (there->state == "active") wanted.starts_at = there->starts_at;  // with another it would be another silence
  }
  const auto id = client_.update_silence(wanted, stop);
  if (!id) return std::unexpected(id.error());
  log::info("silenced for maintenance",
            {{"silence", *id}, {"window", planned.window}, {"until", format_time(wanted.ends_at, 0)}});
  return keep({receiver_, planned.window, *id, wanted.ends_at});
}

}  // namespace nines::agent
