#include "reports/generate/rules.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reports/generate/text.hpp"

namespace nines::reports::generate {
namespace {

void append_pairs(std::string& out, std::string_view key, const Pairs& pairs) {
  if (pairs.empty()) return;
  out += fmt::format("        {}:\n", key);
  for (const auto& [name, value] : pairs) out += fmt::format("          {}: {}\n", name, yaml_string(value));
}

void append(std::string& out, const Rule& rule) {
  if (!rule.comment.empty()) out += yaml_comment(rule.comment, 6);
  out += rule.record.empty() ? fmt::format("      - alert: {}\n", rule.alert)
                             : fmt::format("      - record: {}\n", yaml_string(rule.record));
  out += fmt::format("        expr: {}\n", yaml_block(rule.expr, 10));
  if (!rule.hold.empty()) out += fmt::format("        for: {}\n", rule.hold);
  append_pairs(out, "labels", rule.labels);
  append_pairs(out, "annotations", rule.annotations);
}

}  // namespace

std::string rules_text(const std::vector<RuleGroup>& groups, const std::string& head) {
  std::string out = yaml_comment(head) + "groups:\n";
  for (const RuleGroup& group : groups) {
    if (group.rules.empty()) continue;
    out += "\n" + yaml_comment(group.comment, 2);
    out += fmt::format("  - name: {}\n", group.name);
    if (!group.interval.empty()) out += fmt::format("    interval: {}\n", group.interval);
    out += "    rules:\n";
    for (const Rule& rule : group.rules) append(out, rule);
  }
  return out;
}

Rule record(std::string name, std::string expr, std::string comment) {
  return {.record = std::move(name),
          .alert = {},
          .expr = std::move(expr),
          .hold = {},
          .labels = {},
          .annotations = {},
          .comment = std::move(comment)};
}

const config::Service& service_of(const config::Config& config, const std::string& name) {
  static const config::Service kUnknown;
  const config::Service* found = config.service(name);
  return found == nullptr ? kUnknown : *found;
}

std::string most_urgent(const config::Config& config, const std::vector<std::string>& checks) {
  std::string urgent;
  for (const config::Schedule* schedule : config.schedules()) {
    if (!checks.empty() && std::ranges::find(checks, schedule->name) == checks.end()) continue;
    const std::string& priority = service_of(config, schedule->service).priority;
    if (urgent.empty() || priority < urgent) urgent = priority;
  }
  return urgent.empty() ? config::Service().priority : urgent;
}

std::vector<std::string> reporting_regions(const config::Config& config) {
  return config.regions.empty() ? std::vector<std::string>{config.region} : config.regions;
}

int regions_needed(const config::Config& config) {
  return config.regions.empty() ? 1 : static_cast<int>(config.regions.size()) / 2 + 1;
}

}  // namespace nines::reports::generate
