#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "journeys/run.hpp"

namespace nines::journeys {

/// An engine and a jq helper on a loop of their own.
class Bench {
 public:
  ~Bench();

  Run run(std::shared_ptr<const config::Journey> journey, probes::Stop stop = {}, RunOptions options = {});
  /// What journeys::recover does about what is in the ledger.
  Run recover(std::shared_ptr<const config::Journey> journey, Ledger& ledger);
  /// The faults, as text.
  std::vector<std::string> compile(std::shared_ptr<const config::Journey> journey);
  probes::Engine& engine() { return engine_; }
  probes::Jq& jq() { return jq_; }

 private:
  probes::Engine engine_;
  probes::Jq jq_{engine_};
};

/// The one journey of a configuration; its secrets, found in `environment`, become the program's to redact. Fails the
/// test with the faults of one that is wrong.
std::shared_ptr<const config::Journey> load_journey(const std::string& yaml,
                                                    const std::map<std::string, std::string>& environment = {});

/// Fails the test when there is none of that name.
const StepResult& step(const Run& run, const std::string& name);

/// Everything a run holds that people or the store may see.
std::string everything(const Run& run);

}  // namespace nines::journeys
