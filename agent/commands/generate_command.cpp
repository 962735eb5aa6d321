#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "config/deployable.hpp"
#include "config/neighbour.hpp"
#include "reports/generate/generate.hpp"

namespace nines::agent {
namespace {

namespace fs = std::filesystem;
using reports::generate::File;
using reports::generate::Files;

Expected<config::Deployable> deployable(const std::string& path) {
  auto read = config::load_deployable(path, config::process_environment());
  if (!read) return std::unexpected(read.error().front());
  return std::move(*read);
}

Expected<Files> files_for(const config::Config& config, const GenerateOptions& options) {
  switch (options.neighbour) {
    case Neighbour::prometheus_rules:
      return reports::generate::prometheus_rules(config);
    case Neighbour::alertmanager:
      return reports::generate::alertmanager(config, options.webhook);
    case Neighbour::grafana:
      return reports::generate::grafana(config);
    case Neighbour::systemd:
      return reports::generate::systemd(config);
    case Neighbour::kubernetes:
    case Neighbour::compose: {
      const auto text = deployable(options.config);
      if (!text) return std::unexpected(text.error());
      return options.neighbour == Neighbour::compose ? reports::generate::compose(config, *text)
                                                     : reports::generate::kubernetes(config, *text);
    }
  }
  return Files{};
}

// One YAML stream; the documents' heads say what their files are called.
std::string as_stream(const Files& files) {
  if (files.size() == 1) return files.front().text;
  std::string out;
  for (const File& file : files) {
    if (!out.empty() && file.name.find(".y") != std::string::npos) out += "---\n";
    out += fmt::format("# file: {}\n{}", file.name, file.text);
  }
  return out;
}

Exit write_files(const Files& files, const std::string& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return tell(Error{fmt::format("{} cannot be made: {}", folder, failed.message())}, Exit::broken);
  for (const File& file : files) {
    const std::string path = fs::path(folder) / file.name;
    if (auto written = write_output(path, file.text); !written) return tell(written.error(), Exit::broken);
    tell("wrote " + path);
  }
  return Exit::passed;
}

}  // namespace

Exit generate_command(const GenerateOptions& options) {
  if (!options.webhook.empty()) {
    if (options.neighbour != Neighbour::alertmanager) {
      return tell(Error{"--webhook is of alertmanager alone"}, Exit::usage);
    }
    const auto url = config::parse_base_url(options.webhook);
    if (!url) return tell(Error{"--webhook: " + url.error().message}, Exit::usage);
  }
  const auto config = load_or_tell(options.config);
  if (!config) return Exit::usage;
  const auto files = files_for(*config, options);
  if (!files) return tell(files.error(), Exit::usage);

  std::error_code failed;
  const bool is_folder = fs::is_directory(options.output, failed);
  const bool is_file = fs::exists(options.output, failed) && !is_folder;
  if (files->size() > 1 && is_file) {
    return tell(
        Error{fmt::format("{} is a file, and these are {}: expected a folder in -o", options.output, files->size())},
        Exit::usage);
  }
  const bool is_json = std::ranges::any_of(*files, [](const File& file) { return file.name.ends_with(".json"); });
  if (options.output.empty() && is_json) {
    return tell(Error{fmt::format("these are {} files: expected a folder in -o", files->size())}, Exit::usage);
  }
  if (!options.output.empty() && (is_folder || files->size() > 1 || options.output.ends_with('/'))) {
    return write_files(*files, options.output);
  }
  if (auto written = write_output(options.output, as_stream(*files)); !written) {
    return tell(written.error(), Exit::broken);
  }
  return Exit::passed;
}

}  // namespace nines::agent
