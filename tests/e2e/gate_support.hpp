#pragma once

// What the tests of the gate share: the command, the service that it judges, and how that has been.

#include <string>
#include <vector>

#include "tests/e2e/support.hpp"
#include "tests/harness/taskapp.hpp"

namespace nines::e2e {

/// `nines gate ARGUMENTS…`.
harness::Finished gate(std::vector<std::string> arguments);

/// A configuration of one check of the service's readiness, which takes a version and dependencies from the answer;
/// `more` comes behind it.
std::string gate_config(const harness::TaskApp& app, const std::string& more = {}, const std::string& interval = "5s");

/// A store with 120 results of the last twenty minutes, which took 100 to 180 ms, and its nines.yml. The service takes
/// 140 ms from now on: far from every limit, however slow the machine is.
struct GateStore {
  explicit GateStore(const harness::TaskApp& app, const std::string& more = {});

  harness::TempDir directory;
  std::string data;    // the store
  std::string yaml;    // the configuration …
  std::string config;  // … and its file
};
/// Makes the service take 140 ms, and nothing else.
void as_ever(const harness::TaskApp& app);

}  // namespace nines::e2e
