#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/commands/common.hpp"
#include "agent/commands/gate_command.hpp"
#include "base/clock.hpp"
#include "store/jsonl.hpp"

namespace nines::agent {
namespace {

namespace gate = sla::gate;

// The checks of both files, in order of their names.
using Compared = std::map<std::string, gate::CheckSamples>;

Expected<void> read_side(const std::string& path, gate::Sample gate::CheckSamples::* side, Compared& compared) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return store::read_jsonl(file, path, [&](const Result& result) {
    gate::CheckSamples& check = compared[result.key.check];
    check.journey = check.journey || result.row.measured != ResultRow::kNone;
    (check.*side).add(result.row);
  });
}

Expected<std::vector<gate::CheckSamples>> read_both(const GateCompareOptions& options, const config::Config* config) {
  Compared compared;
  if (auto read = read_side(options.baseline, &gate::CheckSamples::baseline, compared); !read) {
    return std::unexpected(read.error());
  }
  if (auto read = read_side(options.current, &gate::CheckSamples::current, compared); !read) {
    return std::unexpected(read.error());
  }
  std::vector<gate::CheckSamples> checks;
  for (auto& [name, check] : compared) {
    check.name = name;
    check.service = name;
    if (config != nullptr) {
      const config::Journey* journey = config->journey(name);
      if (const config::Check* known = config->check(name)) check.service = known->schedule.service;
      if (journey != nullptr) check.service = journey->schedule.service;
      check.journey = check.journey || journey != nullptr;
    }
    check.baseline.sort();
    check.current.sort();
    checks.push_back(std::move(check));
  }
  return checks;
}

}  // namespace

Exit gate_compare_command(const GateCompareOptions& options) {
  std::shared_ptr<const config::Config> config;
  if (!options.config.empty()) {
    config = load_or_tell(options.config);
    if (!config) return Exit::usage;
  }
  auto checks = read_both(options, config.get());
  if (!checks) return tell(checks.error(), Exit::usage);

  gate::TrialPlan plan;
  plan.rules = options.rules;
  reports::GateReport report;
  report.decision = gate::decide(std::move(*checks), plan);
  auto text = reports::gate_text(reports::gate_json(report), options.format);
  if (!text) return tell(text.error(), Exit::broken);
  if (auto written = write_output(options.output, *text); !written) return tell(written.error(), Exit::broken);
  return gate_exit(std::string(gate::verdict_name(report.decision.verdict)), options.strict);
}

}  // namespace nines::agent
