#pragma once

// From what is known now to what is wrong: the rules of docs/alerts.md. Pure.

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/alerts/alert.hpp"
#include "agent/alerts/flapping.hpp"
#include "agent/evaluator.hpp"
#include "agent/monitor.hpp"
#include "config/config.hpp"
#include "sla/health.hpp"

namespace nines::agent {

// What the agent says of itself.
struct OwnFacts {
  bool store_healthy = true;
  std::uint64_t results_lost = 0;  // in the last five minutes
  std::uint64_t runs = 0;          // begun in the last five minutes …
  std::uint64_t late = 0;          // … and those more than kLate after their turn
};
inline constexpr Micros kLate = std::chrono::seconds(1);

// In which regions a check was seen down, as another source has it.
struct Regions {
  std::vector<std::string> down;
  std::vector<std::string> all;  // that tell of the check
};

struct Facts {
  Time now{};
  std::span<const CheckView> checks;
  std::span<const ObjectiveView> objectives;
  const std::map<std::string, Flapping, std::less<>>* flapping = nullptr;                  // by check
  const std::map<std::pair<std::string, std::string>, sla::Health>* components = nullptr;  // by check and component
  const std::map<std::string, Regions, std::less<>>* regions = nullptr;                    // by check; may be empty
  OwnFacts own;
};

// `firing` gives the severity of the alert that fires for an identity, or nothing.
Assessment assess(const config::Config& config, const Facts& facts,
                  const std::function<std::string(const std::string&)>& firing);

// Where people reach the agent's pages: alerting.external_url, else made of `listen`; empty where that takes any port.
std::string external_url_of(const config::Config& config);

// The severity at which the burn rates (as kBurnWindows) are: critical at 14.4 over 1h and 5m or at 6 over 6h and 30m,
// warning at 3 over 1d and 2h or at 1 over 3d and 6h (Site Reliability Workbook, chapter 5, table 5-8); empty: at none.
// Nothing when rates that are not known would decide; `now` is the severity that fires.
std::optional<std::string_view> burn_severity(std::span<const std::optional<double>> rates, std::string_view now);

}  // namespace nines::agent
