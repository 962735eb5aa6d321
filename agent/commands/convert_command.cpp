#include <filesystem>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "config/convert.hpp"
#include "config/import.hpp"
#include "config/reader.hpp"

namespace nines::agent {
namespace {

namespace fs = std::filesystem;

// Another tool's requests: nothing when the file is none of these.
std::optional<Exit> convert_requests(const ConvertOptions& options, const std::string& folder) {
  const auto text = config::read_file(options.modules, config::kMaxImportBytes);
  if (!text || config::import_kind(*text) == config::ImportKind::none) return std::nullopt;
  if (!options.scrape.empty()) {
    tell("--scrape goes with blackbox_exporter's file: expected " + options.modules + " alone");
    return Exit::usage;
  }
  std::error_code error;
  const fs::path source = fs::absolute(options.modules, error).parent_path();
  const fs::path below = folder.empty() ? fs::current_path(error) : fs::path(folder);
  const auto imported = config::import_text(
      {.text = *text, .name = options.modules, .folder = fs::proximate(source, below, error).string()});
  if (!imported) {
    for (const Error& fault : imported.error()) fmt::print(stderr, "{}\n", fault.text());
    return Exit::usage;
  }
  for (const Error& left : imported->left) fmt::print(stderr, "{}\n", left.text());
  if (auto written = write_output(options.output, imported->text); !written) {
    return tell(written.error(), Exit::broken);
  }
  return Exit::passed;
}

}  // namespace

Exit convert_command(const ConvertOptions& options) {
  const std::string folder =
      options.output.empty() ? std::string() : std::filesystem::absolute(options.output).parent_path().string();
  if (const auto exit = convert_requests(options, folder)) return *exit;
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
