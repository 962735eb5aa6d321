#pragma once

// Reads nines.yml. Every fault of all files is found in one go and told with its place.

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace nines::config {

// Looks up an environment variable; nullopt when it is not set. A parameter so that tests need no environment.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

struct Loaded {
  Config config;
  std::vector<Error> warnings;
};

// Reads `path` and what it includes. On failure: all faults, sorted by place. Any thread; does file I/O.
//
//   auto loaded = config::load("nines.yml", config::process_environment());
//   if (!loaded) for (const Error& fault : loaded.error()) fmt::print(stderr, "{}\n", fault.text());
// `partial`, when given, receives what could be read of a faulty configuration, so that what other rooms find in it (jq
// programs) is told in the same go.
std::expected<Loaded, std::vector<Error>> load(const std::string& path, const Environment& environment,
                                               Config* partial = nullptr);

// The same from a text; `name` stands for the file in positions, relative paths are from the working directory.
std::expected<Loaded, std::vector<Error>> load_text(std::string_view text, const std::string& name,
                                                    const Environment& environment);

// One of blackbox_exporter's files alone: `modules` and `unsupported` of the configuration are set.
std::expected<Loaded, std::vector<Error>> load_modules(const std::string& path, const Environment& environment,
                                                       Config* partial = nullptr);

// The configuration of `nines check URL`: one check of the target with the default module of its scheme.
Expected<Config> for_target(const std::string& url);

}  // namespace nines::config
