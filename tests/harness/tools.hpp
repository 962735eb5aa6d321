#pragma once

#include <string>

namespace nines::harness {

/// Where a program such as "prometheus", "promtool" or "nginx" is: among what tests/harness/fetch-tools.sh unpacked,
/// else installed. Throws std::runtime_error that names the script when it is nowhere.
std::string tool(const std::string& name);

/// Our own programs, as built beside the tests. nines_binary() throws std::runtime_error when this build has no agent.
std::string nines_binary();
std::string taskapp_binary();

}  // namespace nines::harness
