#pragma once

// What several commands do alike.

#include <memory>
#include <string>
#include <vector>

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

// What to do with jq programs and time zones: check compiles every one, in a helper process of its own, and reads every
// zone: for commands that run checks.
enum class Programs { leave, check };

struct LoadedConfig {
  std::shared_ptr<const config::Config> config;  // what could be read of it, when there are faults
  std::vector<Error> faults;                     // sorted by place
  std::vector<Error> warnings;
};
// Loads the configuration and hands its secrets, and those of `also`, to the redactor.
LoadedConfig load_config(const std::string& path, Programs programs, const std::vector<Secret>& also = {});
// Prints every fault, one a line; false when there are any: exit 2.
bool tell_faults(const LoadedConfig& loaded);
// For a program that logs from now on.
void log_warnings(const LoadedConfig& loaded);
// Loads the configuration; faults and warnings are printed. nullptr: there are faults, exit 2.
std::shared_ptr<const config::Config> load_or_tell(const std::string& path, Programs programs = Programs::leave);
// A configuration made elsewhere: hands its secrets to the redactor.
std::shared_ptr<const config::Config> adopt(config::Config config, const std::vector<Secret>& also = {});

// Writes to the file, or to standard output when `path` is empty. A regular file is replaced whole or not at all, by
// way of FILE.part; a pipe or device is written to.
Expected<void> write_output(const std::string& path, const std::string& text);

// The --data-dir given, else the configuration's; empty: the configuration has faults, which have been printed.
std::string data_dir_or_tell(const std::string& given, const std::string& config);

}  // namespace nines::agent
