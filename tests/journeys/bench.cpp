#include "tests/journeys/bench.hpp"

#include <algorithm>
#include <optional>

#include <catch2/catch.hpp>

#include "base/redact.hpp"
#include "config/load.hpp"

namespace nines::journeys {

Bench::~Bench() {
  engine_.loop().run(jq_.close());
}

Run Bench::run(std::shared_ptr<const config::Journey> journey, probes::Stop stop, RunOptions options) {
  return engine_.loop().run(
      journeys::run(engine_, jq_, std::move(journey), probes::make_trace_context(), stop, std::move(options)));
}

Run Bench::recover(std::shared_ptr<const config::Journey> journey, Ledger& ledger) {
  return engine_.loop().run(
      journeys::recover(engine_, jq_, std::move(journey), probes::make_trace_context(), {}, &ledger));
}

std::vector<std::string> Bench::compile(std::shared_ptr<const config::Journey> journey) {
  std::vector<std::string> faults;
  for (const Error& fault : engine_.loop().run(journeys::compile(jq_, std::move(journey), {}))) {
    faults.push_back(fault.text());
  }
  return faults;
}

std::shared_ptr<const config::Journey> load_journey(const std::string& yaml,
                                                    const std::map<std::string, std::string>& environment) {
  const auto variable = [&](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
  auto loaded = config::load_text(yaml, "nines.yml", variable);
  if (!loaded) {
    for (const Error& fault : loaded.error()) UNSCOPED_INFO(fault.text());
    FAIL("the configuration is wrong");
  }
  set_redactor(std::make_shared<Redactor>(loaded->config.secrets));
  return std::make_shared<const config::Journey>(loaded->config.journeys.at(0));
}

const StepResult& step(const Run& run, const std::string& name) {
  const auto found = std::ranges::find(run.steps, name, &StepResult::name);
  INFO(name);
  REQUIRE(found != run.steps.end());
  return *found;
}

std::string everything(const Run& run) {
  const Evidence& evidence = run.result.evidence;
  std::string text = evidence.message + "\n" + evidence.address + "\n" + evidence.failed_step + "\n" +
                     evidence.headers + "\n" + evidence.body + "\n";
  for (const Attempt& attempt : evidence.attempts) text += attempt.outcome.message + "\n";
  for (const StepResult& result : run.steps) {
    text += result.name + "\n" + result.outcome.message + "\n";
    for (const Request& request : result.requests) text += request.method + " " + request.path + "\n";
  }
  for (const Outcome& outcome : run.cleanup_failures) text += outcome.message + "\n";
  return text;
}

}  // namespace nines::journeys
