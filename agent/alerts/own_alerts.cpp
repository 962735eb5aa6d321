// Alerts of the agent itself.

#include <algorithm>

#include <fmt/format.h>

#include "agent/alerts/assessor.hpp"

namespace nines::agent {
namespace {

// More late turns than these mean that the agent cannot keep its schedule.
constexpr std::uint64_t kLeastRuns = 20;
constexpr std::uint64_t kLateShare = 20;  // one in twenty

}  // namespace

void Assessor::own() {
  const OwnFacts& own = facts_.own;
  const auto raise = [&](const char* what, const char* name, std::string_view severity, std::string summary,
                         std::string description) {
    wrong(std::string("agent/") + what, {.alertname = name,
                                         .service = kOwnService,
                                         .severity = severity,
                                         .labels = {},
                                         .summary = std::move(summary),
                                         .description = std::move(description),
                                         .path = "/",
                                         .since = facts_.now});
  };
  if (!own.store_healthy || own.results_lost > 0) {
    raise("store", "NinesStoreFailing", kCritical, "Results of this agent are not stored",
          fmt::format("{}{} results were lost in the last five minutes.",
                      own.store_healthy ? "" : "The last batch could not be written. ", own.results_lost));
  }
  if (own.runs >= kLeastRuns && own.late * kLateShare > own.runs) {
    raise("schedule", "NinesScheduleLate", kWarning, "This agent cannot keep its schedule",
          fmt::format("{} of {} runs of the last five minutes began more than {} late.", own.late, own.runs,
                      format_duration(kLate)));
  }
  std::vector<std::string> cut;
  for (const CheckView& view : facts_.checks) {
    if (view.state == sla::State::unknown && view.last && is_agent_fault(view.last->result.row.reason)) {
      cut.push_back(fmt::format("{} ({})", view.schedule->name, reason_name(view.last->result.row.reason)));
    }
  }
  if (cut.empty()) return;
  constexpr std::size_t kNamed = 5;
  const std::size_t all = cut.size();
  cut.resize(std::min(all, kNamed));
  raise("probing", "NinesCannotProbe", kCritical, "This agent cannot probe: what it watches is unknown",
        fmt::format("{} checks and journeys have no results for the agent's own faults: {}{}.", all,
                    fmt::join(cut, ", "), all > kNamed ? ", …" : ""));
}

}  // namespace nines::agent
