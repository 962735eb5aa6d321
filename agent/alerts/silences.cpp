#include "agent/alerts/silences.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "agent/outbound/http.hpp"
#include "base/log.hpp"
#include "sla/calendar.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kLook = 30s;
constexpr Micros kWeek = std::chrono::days(7);

// The times of a window around `now`, with whether its true beginning is known.
std::vector<std::pair<Period, bool>> times_of(const config::Maintenance& window, Time now) {
  if (window.once) return {{*window.once, true}};
  std::vector<std::pair<Period, bool>> times;
  if (!window.weekly) return times;
  const Period around{now - kWeek, now + kWeek};
  for (const Period& period : sla::local_hours(*window.weekly, window.time_zone, around)) {
    times.emplace_back(period, period.from > around.from);
  }
  return times;
}

Silence silence_of(const config::Maintenance& window, const Period& time) {
  const bool all = window.service.empty();
  return {.id = {},
          .matchers = {{.name = "service", .value = all ? ".+" : window.service, .regex = all}},
          .starts_at = time.from - kSilenceAhead,
          .ends_at = time.to,
          .created_by = window.author.empty() ? "nines" : window.author,
          .comment = fmt::format("{} (planned maintenance of {} until {})",
                                 window.reason.empty() ? "maintenance" : window.reason,
                                 all ? "all services" : window.service, format_time(time.to, 0))};
}

bool same(const Silence& a, const Silence& b) {
  return a.matchers == b.matchers && a.created_by == b.created_by && a.comment == b.comment;
}

}  // namespace

std::vector<PlannedSilence> planned_silences(const std::vector<config::Maintenance>& windows, Time now) {
  std::map<std::string, Silence> planned;
  for (const config::Maintenance& window : windows) {
    for (const auto& [time, begins] : times_of(window, now)) {
      if (now < time.from - kSilenceAhead || now >= time.to) continue;
      const std::string key = fmt::format("{}/{}", window.service, begins ? format_time(time.from, 0) : "always");
      Silence silence = silence_of(window, time);
      const auto [place, fresh] = planned.try_emplace(key, silence);
      if (!fresh && place->second.ends_at < silence.ends_at) place->second = std::move(silence);
    }
  }
  std::vector<PlannedSilence> list;
  for (auto& [window, silence] : planned) list.push_back({window, std::move(silence)});
  return list;
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

Expected<std::chrono::nanoseconds> SilenceKeeper::turn(const std::stop_token& stop) {
  if (auto loaded = load(); !loaded) return std::unexpected(loaded.error());
  const Time now = ground_.clock.now();
  const auto planned = planned_silences(ground_.config->maintenance, now);
  if (auto ended = end_others(planned, now, stop); !ended) return std::unexpected(ended.error());
  for (const PlannedSilence& one : planned) {
    if (auto made = make_so(one, stop); !made) return std::unexpected(made.error());
  }
  return kLook;
}

Expected<void> SilenceKeeper::end_others(const std::vector<PlannedSilence>& planned, Time now,
                                         const std::stop_token& stop) {
  std::set<std::string_view> wanted;
  for (const PlannedSilence& one : planned) wanted.insert(one.window);
  std::vector<store::SilenceEntry> others;
  for (const auto& [window, entry] : known_) {
    if (!wanted.contains(window)) others.push_back(entry);
  }
  for (store::SilenceEntry& entry : others) {
    if (now < entry.ends) {
      if (auto expired = client_.expire_silence(entry.id, stop); !expired) return expired;
      log::info("silence ended: its maintenance is planned no more",
                {{"silence", entry.id}, {"window", entry.made_for}});
    }
    entry.id.clear();
    if (auto kept = keep(entry); !kept) return kept;
  }
  return {};
}

Expected<void> SilenceKeeper::make_so(const PlannedSilence& planned, const std::stop_token& stop) {
  Silence wanted = planned.silence;
  const auto known = known_.find(planned.window);
  if (known != known_.end()) {
    const auto there = client_.silence(known->second.id, stop);
    if (!there) return std::unexpected(there.error());
    if (*there) {
      const Silence& has = **there;
      const bool moved = known->second.ends != wanted.ends_at;
      if (!moved && (has.state == "expired" || same(has, wanted))) return {};
      wanted.id = has.id;
      if (has.state == "active") wanted.starts_at = has.starts_at;  // with another it would be another silence
    }
  } else {
    // One whose making was answered to nobody, or another agent's for the same window.
    const auto all = client_.silences(wanted.matchers, stop);
    if (!all) return std::unexpected(all.error());
    const auto found =
        std::ranges::find_if(*all, [&](const Silence& one) { return one.state != "expired" && same(one, wanted); });
    if (found != all->end()) return keep({receiver_, planned.window, found->id, wanted.ends_at});
  }
  const auto id = client_.update_silence(wanted, stop);
  if (!id) return std::unexpected(id.error());
  log::info("silenced for maintenance",
            {{"silence", *id}, {"window", planned.window}, {"until", format_time(wanted.ends_at, 0)}});
  return keep({receiver_, planned.window, *id, wanted.ends_at});
}

}  // namespace nines::agent
