#include <filesystem>

#include <fmt/format.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "config/convert.hpp"

namespace nines::agent {

Exit convert_command(const ConvertOptions& options) {
  const std::string folder =
      options.output.empty() ? std::string() : std::filesystem::absolute(options.output).parent_path().string();
  const auto converted = config::convert({.modules = options.modules, .scrape = options.scrape, .folder = folder});
  if (!converted) {
    for (const Error& fault : converted.error()) fmt::print(stderr, "{}\n", fault.text());
    return Exit::usage;
  }
  for (const Error& left : converted->left) fmt::print(stderr, "{}\n", left.text());
  if (options.scrape.empty()) tell("there are modules and no checks: --scrape names a Prometheus configuration");
  if (auto written = write_output(options.output, converted->text); !written) {
    return tell(written.error(), Exit::broken);
  }
  return Exit::passed;
}

}  // namespace nines::agent
