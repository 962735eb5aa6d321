#include "agent/commands/common.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "agent/runner.hpp"
#include "base/redact.hpp"
#include "config/load.hpp"
#include "sla/calendar.hpp"

namespace nines::agent {
namespace {

void tell_faults(const std::vector<Error>& faults) {
  for (const Error& fault : faults) fmt::print(stderr, "{}\n", fault.text());
}

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

std::shared_ptr<const config::Config> adopt(config::Config config) {
  set_redactor(std::make_shared<const Redactor>(config.secrets));
  return std::make_shared<const config::Config>(std::move(config));
}

std::shared_ptr<const config::Config> load_or_tell(const std::string& path) {
  auto loaded = config::load(path, config::process_environment());
  if (!loaded) {
    tell_faults(loaded.error());
    return nullptr;
  }
  for (const Error& warning : loaded->warnings) fmt::print(stderr, "warning: {}\n", warning.text());
  return adopt(std::move(loaded->config));
}

bool check_programs_or_tell(const std::shared_ptr<const config::Config>& config) {
  std::vector<Error> faults = compile_all(config);
  for (Error& fault : warm_up_zones(*config)) faults.push_back(std::move(fault));
  tell_faults(faults);
  return faults.empty();
}

Expected<void> write_output(const std::string& path, const std::string& text) {
  if (path.empty()) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
    return fail(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
  }
  const std::string part = path + ".part";
  {
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    file << text;
    file.flush();
    if (!file) return fail(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  std::error_code failed;
  std::filesystem::rename(part, path, failed);
  if (failed) return fail(fmt::format("cannot write {}: {}", path, failed.message()));
  return {};
}

std::string data_dir_or_tell(const std::string& given, const std::string& config) {
  if (!given.empty()) return given;
  const auto loaded = load_or_tell(config);
  return loaded ? loaded->data_dir : std::string();
}

}  // namespace nines::agent
