#include <fmt/format.h>

#include "reports/generate/generate.hpp"
#include "reports/generate/rule_tests.hpp"
#include "reports/generate/rules.hpp"

namespace nines::reports::generate {
namespace {

constexpr const char* kRules = "nines-rules.yml";
constexpr const char* kBaselines = "nines-baseline-rules.yml";

constexpr const char* kRulesHead =
    "Alerts and recording rules over the agents' metrics, from nines.yml by `nines generate prometheus-rules`.\n"
    "Prometheus 2.30 or later, with the file in its rule_files:\n"
    "\n"
    "  rule_files: [nines-rules.yml, nines-baseline-rules.yml]\n"
    "\n"
    "promtool test rules nines-rules-test.yml nines-baseline-rules-test.yml tries them.\n"
    "Do not edit: change nines.yml and generate again.";

constexpr const char* kBaselinesHead =
    "What is usual at this hour of the week, from nines.yml by `nines generate prometheus-rules`: p50, p95 and the\n"
    "share of failures. To compare with, as in\n"
    "\n"
    "  nines:check_duration_seconds:p95_5m > on (check, service, region) (1.5 * "
    "nines:check_duration_seconds:p95_baseline)\n"
    "\n"
    "Prometheus must keep four weeks (--storage.tsdb.retention.time=30d) for all of it.";

}  // namespace

Expected<Files> prometheus_rules(const config::Config& config) {
  return Files{
      {kRules, rules_text({check_rules(config), objective_alerts(config), agent_alerts(config),
                           dashboard_records(config), sla_records(config)},
                          kRulesHead)},
      {kBaselines, rules_text({baseline_records()}, kBaselinesHead)},
      {"nines-rules-test.yml", rule_tests(config, kRules)},
      {"nines-baseline-rules-test.yml", baseline_tests(config, kBaselines)},
  };
}

}  // namespace nines::reports::generate
