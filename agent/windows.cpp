#include "agent/windows.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "config/hours.hpp"

namespace nines::agent {
namespace {

// What is over for so long is of no interest to a running agent: every failure run that began in it has ended or is
// confirmed.
constexpr std::chrono::days kLiveFor(7);

// Two stores' records of what was entered in both.
bool same(const config::Maintenance& a, const config::Maintenance& b) {
  return entry_of(a).same_window(entry_of(b));
}

// Of windows that end where they were removed, `once` may differ.
bool same_but_for_end(const config::Maintenance& a, const config::Maintenance& b) {
  if (a.once && b.once && a.once->from == b.once->from) {
    config::Maintenance other = b;
    other.once = a.once;
    return same(a, other);
  }
  return same(a, b) && a.in_force.from <= b.in_force.to && b.in_force.from <= a.in_force.to;
}

// A window is in force for as long as any store says so.
void join(config::Maintenance& into, const config::Maintenance& other) {
  if (into.once) into.once->to = std::max(into.once->to, other.once->to);
  into.in_force.from = std::min(into.in_force.from, other.in_force.from);
  into.in_force.to = std::max(into.in_force.to, other.in_force.to);
  if (!into.entered || (other.entered && *other.entered < *into.entered)) into.entered = other.entered;
  if (!other.removed) {
    into.removed.reset();
  } else if (into.removed && other.removed->at > into.removed->at) {
    into.removed = other.removed;
  }
}

bool still_holds(const config::Maintenance& window, Time now) {
  const Time end = window.once ? window.once->to : window.in_force.to;
  return end > now - kLiveFor;
}

// The file at hand says what an agent has loaded before: it is one of these, not another.
bool is_kept(const store::WindowEntry& window, const StoredWindows& stored) {
  return std::ranges::any_of(stored.entries, [&](const store::WindowEntry& entry) {
    return entry.configured && (!entry.removed || entry.removed->entirely) && entry.same_window(window);
  });
}

}  // namespace

store::WindowEntry entry_of(const config::Maintenance& window) {
  store::WindowEntry entry;
  entry.service = window.service;
  if (window.once) entry.once = *window.once;
  if (window.weekly) entry.schedule = window.weekly->text;
  entry.time_zone = window.time_zone;
  entry.reason = window.reason;
  entry.author = window.author;
  entry.excluded = window.excluded;
  return entry;
}

std::optional<config::Maintenance> window_of(const store::WindowEntry& entry) {
  if (entry.removed && entry.removed->entirely) return std::nullopt;
  config::Maintenance window;
  window.id = entry.id;
  window.service = entry.service;
  window.time_zone = entry.time_zone;
  window.reason = entry.reason;
  window.author = entry.author;
  window.excluded = entry.excluded;
  window.entered = entry.entered;
  if (entry.removed) window.removed = {entry.removed->at, entry.removed->author, entry.removed->reason, false};
  const Time end = entry.removed ? entry.removed->at : Time::max();
  if (entry.schedule.empty()) {
    window.once = {entry.once.from, std::min(entry.once.to, end)};
    if (window.once->to <= window.once->from) return std::nullopt;
  } else {
    auto hours = config::parse_hours(entry.schedule);
    if (!hours) {
      log::error("a maintenance window of the store cannot be read",
                 {{"window", entry.id}, {"reason", hours.error().message}});
      return std::nullopt;
    }
    window.weekly = std::move(*hours);
    window.in_force = {entry.since, end};
    if (end <= entry.since) return std::nullopt;
  }
  return window;
}

std::vector<config::Maintenance> windows_in_force(std::span<const StoredWindows> stored, const config::Config& config) {
  std::vector<config::Maintenance> windows;
  bool loaded = false;
  for (const StoredWindows& one : stored) {
    loaded = loaded || one.loaded;
    for (const store::WindowEntry& entry : one.entries) {
      auto window = window_of(entry);
      if (!window) continue;
      const auto found =
          std::ranges::find_if(windows, [&](const auto& known) { return same_but_for_end(known, *window); });
      if (found == windows.end()) {
        windows.push_back(std::move(*window));
      } else {
        join(*found, *window);
      }
    }
  }
  for (const config::Maintenance& window : config.maintenance) {
    if (std::ranges::any_of(stored, [&](const auto& one) { return is_kept(entry_of(window), one); })) continue;
    if (window.once || !loaded) windows.push_back(window);
  }
  return windows;
}

Expected<StoredWindows> read_windows(store::Reader& reader) {
  auto entries = reader.windows();
  if (!entries) return std::unexpected(entries.error());
  const auto loaded = reader.windows_loaded();
  if (!loaded) return std::unexpected(loaded.error());
  return StoredWindows{std::move(*entries), *loaded};
}

Expected<std::vector<config::Maintenance>> windows_in_force(store::Reader& reader, const config::Config& config) {
  const auto stored = read_windows(reader);
  if (!stored) return std::unexpected(stored.error());
  return windows_in_force({&*stored, 1}, config);
}

Expected<std::optional<std::vector<config::Maintenance>>> LiveWindows::look() {
  const std::lock_guard lock(mutex_);
  if (!reader_) {
    auto opened = store::open_reader(data_dir_);
    if (!opened) return std::unexpected(opened.error());
    reader_ = std::move(*opened);
  }
  auto entries = reader_->windows();
  if (!entries) return std::unexpected(entries.error());
  if (seen_ == *entries) return std::optional<std::vector<config::Maintenance>>();
  seen_ = std::move(*entries);
  std::vector<config::Maintenance> windows;
  for (const store::WindowEntry& entry : *seen_) {
    auto window = window_of(entry);
    if (window && still_holds(*window, clock_.now())) windows.push_back(std::move(*window));
  }
  return std::optional(std::move(windows));
}

}  // namespace nines::agent
