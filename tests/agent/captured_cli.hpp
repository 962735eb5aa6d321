#pragma once

#include <string>
#include <vector>

namespace nines::agent::tests {

struct CliRun {
  int exit = -1;
  std::string out;
  std::string err;
};

// run_cli() in this process with its streams caught. Not for commands that change the process (agent). One thread at a
// time.
CliRun nines(const std::vector<std::string>& arguments);

}  // namespace nines::agent::tests
