#pragma once

// Tests for `promtool test rules`, beside the rules that they try. Internal to reports/generate/.

#include <string>

#include "config/config.hpp"

namespace nines::reports::generate {

std::string rule_tests(const config::Config& config, const std::string& rules);
std::string baseline_tests(const config::Config& config, const std::string& rules);

}  // namespace nines::reports::generate
