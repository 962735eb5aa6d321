#pragma once

// What Kubernetes, Compose and systemd files have in common. Internal to reports/generate/.

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/deployable.hpp"

namespace nines::reports::generate {

inline constexpr const char* kImage = "nines:latest";
inline constexpr int kPort = 9999;

// One agent: its region and what it is called where only letters, digits and hyphens are allowed.
struct AgentName {
  std::string region;
  std::string name;  // "nines-us-east-1", unique, at most 40 characters
};
std::vector<AgentName> agent_names(const config::Config& config);

// The configuration of that region's agent in a container: it listens on all addresses and stores in /data.
std::string container_config(const config::Deployable& deployable, const std::string& region);

// A fault when a secret stands in the configuration itself.
Expected<void> check_deployable(const config::Deployable& deployable);

// Ends a shell command that has last month's name in $month.
inline constexpr const char* kLastMonth = "month=$(date -u -d \"$(date -u +%Y-%m-01) -1 day\" +%Y-%m)";

}  // namespace nines::reports::generate
