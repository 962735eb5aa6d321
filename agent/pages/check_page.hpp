#pragma once

// What a check's page shows, from what is known live and from the store.

#include <chrono>
#include <optional>
#include <string>

#include "agent/incidents/stretches.hpp"
#include "agent/session.hpp"
#include "base/time.hpp"
#include "reports/check_page.hpp"
#include "store/store.hpp"

namespace nines::agent {

// As this region alone sees it, like its metrics. The store's parts that cannot be read are left out, and said to be.
// `name` is a check's or a journey's present name, or one it had; nothing where there is none. Reads the store:
// not on a loop. `give_up` ends the search for incidents alone.
std::optional<reports::CheckPage> make_check_page(const Session& session, const std::string& name, bool journey,
                                                  Time now, const GiveUp& give_up);

struct CheckHistory {
  std::optional<reports::CheckFigures> uptime, recent, latency;
  std::optional<reports::LastFailure> failure;
};
inline constexpr Micros kShownUptime = std::chrono::days(90);   // of UTC, today among them
inline constexpr Micros kRecentUptime = std::chrono::days(30);  // the same
inline constexpr Micros kShownLatency = std::chrono::days(1);

// How the check went up to now: uptime of at most 90 days, the figures of docs/sla.md by this region alone.
Expected<CheckHistory> read_check_history(store::Reader& reader, const config::Config& config,
                                          const config::Schedule& schedule, bool journey, Time now);

// The objectives' targets of the check's latency: the strictest of those that cover it.
std::optional<reports::LatencyTarget> latency_target_of(const config::Config& config, const std::string& name);

}  // namespace nines::agent
