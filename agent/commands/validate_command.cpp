#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "config/load.hpp"
#include "probes/engine.hpp"
#include "probes/jq.hpp"

namespace nines::agent {
namespace {

std::string count(std::size_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

void tell_all(const std::vector<Error>& faults) {
  for (const Error& fault : faults) fmt::print(stderr, "{}\n", fault.text());
}

struct ByPlace {
  bool operator()(const Position& a, const Position& b) const {
    return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
  }
};

// NOLINTBEGIN(*-reference-coroutine-parameters): what they refer to outlives the run
probes::Task<std::vector<Error>> compile_rules(probes::Engine& engine, std::shared_ptr<const config::Config> config) {
  probes::Jq jq(engine);
  std::vector<Error> faults;
  std::set<std::shared_ptr<const config::Module>> modules;
  for (const auto& entry : config->modules) modules.insert(entry.second);
  for (const config::Check& check : config->checks) modules.insert(check.module);  // those in place
  std::set<Position, ByPlace> told;
  for (const auto& module : modules) {
    const config::HttpModule& http = module->http;
    for (const auto* programs : {&http.fail_if_body_json_matches_jq, &http.fail_if_body_json_not_matches_jq}) {
      for (const config::JqProgram& program : *programs) {
        auto compiled = co_await jq.compile(program.text, {}, {});
        if (compiled || !told.insert(program.at).second) continue;
        faults.push_back({fmt::format("the jq program is \"{}\": expected one that compiles: {}", program.text,
                                      compiled.error().message),
                          program.at});
      }
    }
  }
  co_await jq.close();
  co_return faults;
}
// NOLINTEND(*-reference-coroutine-parameters)

// The jq rules of modules that do not compile.
std::vector<Error> wrong_rules(const std::shared_ptr<const config::Config>& config) {
  probes::Engine engine;
  return engine.loop().run(compile_rules(engine, config));
}

// Told, and whether there are none.
bool tell_modules(const std::shared_ptr<const config::Config>& config) {
  std::vector<Error> faults = config->unsupported;
  std::ranges::move(wrong_rules(config), std::back_inserter(faults));
  std::ranges::stable_sort(faults, ByPlace{}, [](const Error& fault) { return fault.at.value_or(Position{}); });
  tell_all(faults);
  return faults.empty();
}

Exit validate_modules(const std::string& path) {
  config::Config partial;
  auto loaded = config::load_modules(path, config::process_environment(), &partial);
  const auto config = adopt(loaded ? std::move(loaded->config) : std::move(partial));
  if (!loaded) tell_all(loaded.error());
  const bool good = tell_modules(config);
  if (!loaded || !good) return Exit::usage;
  for (const Error& warning : loaded->warnings) fmt::print(stderr, "warning: {}\n", warning.text());
  fmt::print("{}: {}\n", path, count(config->modules.size(), "module", "modules"));
  return Exit::passed;
}

}  // namespace

Exit validate_command(const ValidateOptions& options) {
  if (!options.modules.empty()) return validate_modules(options.modules);
  const auto config = load_or_tell(options.config, Programs::check);
  if (!config || !tell_modules(config)) return Exit::usage;
  fmt::print("{}: {}, {}, {}\n", options.config, count(config->checks.size(), "check", "checks"),
             count(config->journeys.size(), "journey", "journeys"),
             count(config->objectives.size(), "objective", "objectives"));
  return Exit::passed;
}

}  // namespace nines::agent
