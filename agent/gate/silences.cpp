#include "agent/gate/silences.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "agent/outbound/alertmanager.hpp"

namespace nines::agent {
namespace {

// Alertmanager keeps milliseconds.
constexpr Micros kRounding = std::chrono::seconds(1);

Silence silence_of(const OpenSilence& open, const Period& period, const std::string& comment) {
  return {.id = {},
          .matchers = {{.name = "service", .value = open.service}},
          .starts_at = period.from,
          .ends_at = period.to,
          .created_by = open.author,
          .comment = comment};
}

// Null: it is not configured any more.
const config::Remote* remote_of(const config::Config& config, const OpenSilence& silence) {
  const auto& known = config.alerting.alertmanagers;
  const auto remote = std::ranges::find(known, silence.alertmanager, &config::Remote::url);
  return remote == known.end() ? nullptr : &*remote;
}

// True: it was changed.
Expected<bool> extend(const config::Remote& remote, OpenSilence& silence, const Period& period,
                      const std::string& comment) {
  const Alertmanager client(remote);
  const auto there = client.silence(silence.id);
  if (!there) return std::unexpected(there.error());
  Silence wanted = silence_of(silence, period, comment);
  if (*there) {
    const Silence& has = **there;
    const bool over = has.state == "expired";
    if (over && has.ends_at + kRounding < silence.ends) return false;
    if (!over && has.ends_at >= period.to) return false;
    if (!over) {
      wanted = has;
      wanted.ends_at = period.to;
    }
  }
  auto id = client.update_silence(wanted);
  if (!id) return std::unexpected(id.error());
  silence.id = std::move(*id);
  silence.ends = period.to;
  return true;
}

}  // namespace

std::vector<OpenSilence> open_silences(const config::Config& config, std::span<const std::string> services,
                                       const Period& period, const std::string& author, const std::string& comment,
                                       std::vector<std::string>& trouble, const std::stop_token& stop) {
  std::vector<OpenSilence> opened;
  for (const config::Remote& remote : config.alerting.alertmanagers) {
    for (const std::string& service : services) {
      if (stop.stop_requested()) return opened;
      OpenSilence silence{remote.url, {}, service, author, period.to};
      auto id = Alertmanager(remote).create_silence(silence_of(silence, period, comment));
      if (id) {
        silence.id = std::move(*id);
        opened.push_back(std::move(silence));
      } else {
        trouble.push_back(id.error().message);
      }
    }
  }
  return opened;
}

int extend_silences(const config::Config& config, std::vector<OpenSilence>& silences, const Period& period,
                    const std::string& comment, std::vector<std::string>& trouble) {
  int changed = 0;
  for (OpenSilence& silence : silences) {
    const config::Remote* remote = remote_of(config, silence);
    if (remote == nullptr) continue;  // told when it is to be closed
    const auto extended = extend(*remote, silence, period, comment);
    if (!extended)
      trouble.push_back(fmt::format("the silence {} is not longer: {}", silence.id, extended.error().message));
    changed += extended && *extended ? 1 : 0;
  }
  return changed;
}

void close_silences(const config::Config& config, std::span<const OpenSilence> silences,
                    std::vector<std::string>& trouble) {
  for (const OpenSilence& silence : silences) {
    const config::Remote* remote = remote_of(config, silence);
    if (remote == nullptr) {
      trouble.push_back(fmt::format("the silence {} stays: its Alertmanager is not configured any more", silence.id));
      continue;
    }
    const auto closed = Alertmanager(*remote).expire_silence(silence.id);
    if (!closed) trouble.push_back(fmt::format("the silence {} stays: {}", silence.id, closed.error().message));
  }
}

}  // namespace nines::agent
