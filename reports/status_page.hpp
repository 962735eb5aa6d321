#pragma once

// The page at `/`: the state of everything now, worst first. Server-rendered, no script, no outside asset.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "sla/health.hpp"
#include "sla/model.hpp"

namespace nines::reports {

// What people are shown: health plus its overlays.
enum class Shown { up, failing, warning, critical, unknown, maintenance, suppressed };
std::string_view shown_name(Shown state);    // "up" … the metric's label values (failing is shown as "up" there)
std::string_view shown_symbol(Shown state);  // ● ◐ ▲ ■ ? ◇ ◌

struct StatusRow {
  std::string name;
  std::string service;
  std::string priority;
  bool journey = false;
  std::string target;  // URL of a check, base URL of a journey
  Shown state = Shown::unknown;
  int failures = 0;    // consecutive
  int warning_at = 3;  // thresholds
  int critical_at = 5;
  Time since{};  // of the state; epoch: never had a result
  Time last_result{};
  Micros last_duration{0};
  Outcome last_outcome;
  std::string failed_step;
  std::string version;  // deployed, if the check reads it
  std::string runbook_url;
  std::vector<std::pair<std::string, bool>> components;
};

struct ObjectiveRow {
  sla::Evaluation evaluation;
};

// A probe that /probe was asked for.
struct RecentProbe {
  std::uint64_t id = 0;  // of /logs?id=
  std::string module;
  std::string target;
  bool success = false;
};

struct StatusModel {
  Time now{};
  std::string region;
  std::string environment;
  std::string version;
  std::vector<StatusRow> rows;                            // any order
  std::vector<sla::Evaluation> objectives;                // current periods; may be empty: not yet computed
  std::optional<std::vector<RecentProbe>> recent_probes;  // newest first; none: /probe is disabled
  std::string trouble;  // of the agent itself ("results cannot be stored: …"); empty: none
};

// A complete HTML document.
std::string status_page(const StatusModel& model);

}  // namespace nines::reports
