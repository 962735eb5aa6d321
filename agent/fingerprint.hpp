#pragma once

// The fingerprint of a report's inputs: docs/sla.md, "Frozen months", has its bytes.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history_source.hpp"
#include "base/error.hpp"
#include "config/config.hpp"
#include "sla/model.hpp"

namespace nines::agent {

// What arithmetic made the figures: changes when the same inputs come to others.
inline constexpr const char* kMethod = "nines-sla/1";

struct InputScope {
  std::span<const config::Objective* const> objectives;
  std::span<const sla::ReportPeriod> periods;  // of each
  Time as_of{};
};

// Hands out the lines of the inputs, each with its newline, in their order: results, exclusions, clock steps, settings,
// objectives. Holds one series in memory at a time. Reads the store: not on a loop.
Expected<void> visit_inputs(const config::Config& config, const InputScope& scope, Sources sources,
                            const std::function<void(std::string_view)>& line);

// SHA-256 of them, hexadecimal.
Expected<std::string> fingerprint(const config::Config& config, const InputScope& scope, Sources sources);

}  // namespace nines::agent
