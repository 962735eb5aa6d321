#include <fmt/format.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"

namespace nines::agent {
namespace {

std::string count(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

}  // namespace

Exit validate_command(const std::string& path) {
  const auto config = load_or_tell(path, Programs::check);
  if (!config) return Exit::usage;
  fmt::print("{}: {}, {}, {}\n", path, count(config->checks.size(), "check", "checks"),
             count(config->journeys.size(), "journey", "journeys"),
             count(config->objectives.size(), "objective", "objectives"));
  return Exit::passed;
}

}  // namespace nines::agent
