#pragma once

// What several commands do alike.

#include <memory>
#include <string>

#include "agent/exit_code.hpp"
#include "base/error.hpp"
#include "config/config.hpp"

namespace nines::agent {

// "nines: MESSAGE" on stderr.
void tell(const std::string& message);
inline Exit tell(const Error& error, Exit exit) {
  tell(error.text());
  return exit;
}

// Loads the configuration and hands its secrets to the redactor. On failure every fault has been printed, one a line,
// and nullptr is returned: exit 2. `programs`: also compiles every jq program, in a helper process of its own, and
// reads every time zone: for commands that run checks.
enum class Programs { leave, check };
std::shared_ptr<const config::Config> load_or_tell(const std::string& path, Programs programs = Programs::leave);
// The same for a configuration made elsewhere.
std::shared_ptr<const config::Config> adopt(config::Config config);

// Writes to the file, or to standard output when `path` is empty. A regular file is replaced whole or not at all, by
// way of FILE.part; a pipe or device is written to.
Expected<void> write_output(const std::string& path, const std::string& text);

// The --data-dir given, else the configuration's; empty: the configuration has faults, which have been printed.
std::string data_dir_or_tell(const std::string& given, const std::string& config);

}  // namespace nines::agent
