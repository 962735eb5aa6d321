#include "agent/commands/common.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "agent/runner.hpp"
#include "base/log.hpp"
#include "base/redact.hpp"
#include "config/load.hpp"
#include "sla/calendar.hpp"

namespace nines::agent {
namespace {

std::vector<Error> compile_all(const std::shared_ptr<const config::Config>& config) {
  probes::Engine engine;
  const auto work = [](probes::Engine* own,
                       std::shared_ptr<const config::Config> shared) -> probes::Task<std::vector<Error>> {
    probes::Jq jq(*own);
    auto faults = co_await compile_programs(jq, std::move(shared), {});
    co_await jq.close();
    co_return faults;
  };
  return engine.loop().run(work(&engine, config));
}

std::vector<Error> warm_up_zones(const config::Config& config) {
  std::vector<Error> faults;
  const auto warm = [&faults](const std::string& zone, const Position& at) {
    if (auto warmed = sla::warm_up(zone); !warmed) faults.push_back({warmed.error().message, at});
  };
  for (const config::Objective& objective : config.objectives) warm(objective.time_zone, objective.at);
  for (const config::Maintenance& window : config.maintenance) warm(window.time_zone, window.at);
  return faults;
}

}  // namespace

void tell(const std::string& message) {
  fmt::print(stderr, "nines: {}\n", message);
}

std::shared_ptr<const config::Config> adopt(config::Config config, const std::vector<Secret>& also) {
  std::vector<Secret> secrets = config.secrets;
  secrets.insert(secrets.end(), also.begin(), also.end());
  set_redactor(std::make_shared<const Redactor>(secrets));
  return std::make_shared<const config::Config>(std::move(config));
}

LoadedConfig load_config(const std::string& path, Programs programs, const std::vector<Secret>& also) {
  config::Config partial;
  auto read = config::load(path, config::process_environment(), &partial);
  LoadedConfig loaded;
  if (!read) loaded.faults = std::move(read.error());
  if (read) loaded.warnings = std::move(read->warnings);
  loaded.config = adopt(read ? std::move(read->config) : std::move(partial), also);
  if (programs == Programs::check) {
    std::ranges::move(compile_all(loaded.config), std::back_inserter(loaded.faults));
    std::ranges::move(warm_up_zones(*loaded.config), std::back_inserter(loaded.faults));
  }
  std::ranges::stable_sort(loaded.faults, {}, [](const Error& fault) {
    const Position at = fault.at.value_or(Position{});
    return std::tuple(at.file, at.line, at.column);
  });
  return loaded;
}

bool tell_faults(const LoadedConfig& loaded) {
  for (const Error& fault : loaded.faults) fmt::print(stderr, "{}\n", fault.text());
  return loaded.faults.empty();
}

void log_warnings(const LoadedConfig& loaded) {
  for (const Error& warning : loaded.warnings) log::warning("configuration", {{"warning", warning.text()}});
}

std::shared_ptr<const config::Config> load_or_tell(const std::string& path, Programs programs) {
  const LoadedConfig loaded = load_config(path, programs);
  if (!tell_faults(loaded)) return nullptr;
  for (const Error& warning : loaded.warnings) fmt::print(stderr, "warning: {}\n", warning.text());
  return loaded.config;
}

namespace {

Expected<void> cannot_write(const std::string& path, const std::string& why) {
  return fail(fmt::format("cannot write {}: {}", path, why));
}

bool write_to(const std::string& path, const std::string& text) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.flush();
  return file.good();
}

}  // namespace

Expected<void> write_output(const std::string& path, const std::string& text) {
  if (path.empty()) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
    return cannot_write("to standard output", std::strerror(errno));
  }
  namespace fs = std::filesystem;
  std::error_code failed;
  // The file a link names is replaced, not the link.
  const fs::path resolved = fs::weakly_canonical(path, failed);
  const std::string target = failed ? path : resolved.string();
  const fs::file_status there = fs::status(target, failed);
  if (fs::exists(there) && !fs::is_regular_file(there)) {
    return write_to(target, text) ? Expected<void>{} : cannot_write(path, std::strerror(errno));
  }
  const std::string part = target + ".part";
  if (!write_to(part, text)) {
    const std::string why = std::strerror(errno);
    fs::remove(part, failed);
    return cannot_write(path, why);
  }
  if (fs::exists(there)) fs::permissions(part, there.permissions(), failed);
  fs::rename(part, target, failed);
  if (failed) return cannot_write(path, failed.message());
  return {};
}

std::string data_dir_or_tell(const std::string& given, const std::string& config) {
  if (!given.empty()) return given;
  const auto loaded = load_or_tell(config);
  return loaded ? loaded->data_dir : std::string();
}

}  // namespace nines::agent
