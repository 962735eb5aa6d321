#pragma once

// A configuration as another machine can be given it: one YAML text, without the values of its secrets.

#include <expected>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/load.hpp"

namespace nines::config {

struct Deployable {
  // nines.yml, what it includes and its modules in one, variables expanded. `{env: …}` and `{file: …}` of secrets stay.
  // Holds "<secret>" where a secret stands in the configuration itself: nobody can load that.
  std::string text;
  std::vector<std::string> variables;  // the environment variables of its secrets, sorted, each once
  std::vector<std::string> files;      // likewise their files, as written
};

// As load(). Any thread; does file I/O.
std::expected<Deployable, std::vector<Error>> load_deployable(const std::string& path, const Environment& environment);

}  // namespace nines::config
