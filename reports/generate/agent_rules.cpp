// The agents themselves: one that is gone, or cannot do its work.

#include <fmt/format.h>

#include "reports/generate/alerts.hpp"
#include "reports/generate/text.hpp"

namespace nines::reports::generate {
namespace {

Rule agent_rule(const config::Config& config, std::string alert, std::string expr, std::string hold,
                const std::string& severity, Pairs annotations) {
  Rule rule;
  rule.alert = std::move(alert);
  rule.expr = std::move(expr);
  rule.hold = std::move(hold);
  rule.labels = {{"severity", severity}, {"priority", most_urgent(config, {})}, {"service", "nines"}};
  rule.annotations = std::move(annotations);
  return rule;
}

// What has no region of its own gets that of the agent it comes from.
std::string by_agent(const std::string& expr, std::string_view limit) {
  return fmt::format(
      "(\n"
      "  {}\n"
      "  * on (job, instance) group_left (region) max by (job, instance, region) (nines_build_info)\n"
      ") {}",
      expr, limit);
}

}  // namespace

RuleGroup agent_alerts(const config::Config& config) {
  RuleGroup group{.name = "nines-agents",
                  .interval = {},
                  .comment =
                      "The agents themselves. What they cannot see or store is as urgent as the most urgent "
                      "service.",
                  .rules = {}};
  for (const std::string& region : reporting_regions(config)) {
    group.rules.push_back(agent_rule(config, kAgentAbsent,
                                     fmt::format("absent(nines_build_info{{{}}})", matcher("region", region)), "5m",
                                     "critical", absent_annotations(kReferences)));
    group.rules.back().labels.emplace_back("region", template_text(region));
  }
  group.rules.push_back(agent_rule(
      config, "NinesStoreFailing",
      by_agent("sum by (job, instance) (increase(nines_store_writes_total{result=\"failure\"}[10m]))", "> 0"), {},
      "critical",
      {{"summary", "the agent in {{ $labels.region }} cannot store results"},
       {"description",
        "{{ $value | printf \"%.0f\" }} results of the last ten minutes are lost: SLA figures will show them as "
        "unknown."}}));
  group.rules.push_back(agent_rule(
      config, "NinesScheduleLate",
      by_agent(
          "histogram_quantile(0.99, sum by (job, instance, le) (rate(nines_scheduler_lateness_seconds_bucket[10m])))",
          "> 1"),
      "10m", "warning",
      {{"summary", "runs in {{ $labels.region }} start late"},
       {"description", "One in a hundred starts {{ $value | printf \"%.1f\" }} s after its turn or later."}}));
  group.rules.push_back(
      agent_rule(config, "NinesReloadFailed",
                 by_agent("max by (job, instance) (1 - nines_config_last_reload_successful)", "== 1"), "5m", "warning",
                 {{"summary", "the agent in {{ $labels.region }} could not read its configuration again"},
                  {"description", "It goes on with the one before; its log has every fault."}}));
  return group;
}

}  // namespace nines::reports::generate
