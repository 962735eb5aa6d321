// What was deployed, what the gate said, and what changed with it.

#include <fmt/format.h>

#include "reports/generate/dashboards.hpp"

namespace nines::reports::generate {
namespace {

// Each check's version, once; the matchers are of the check.
std::string versions() {
  return fmt::format("max by (check, service, region, version) (nines_target_version_info{{{}}})", kOfService);
}

// A figure of each check, by the version that it had then.
std::string by_version(const std::string& of_checks) {
  return fmt::format("(\n{}\n)\n* on (check, service, region) group_left (version)\n{}", of_checks, versions());
}

}  // namespace

Dashboard deployments_dashboard() {
  return {.uid = "nines-deployments",
          .title = "Nines / Deployments",
          .description = "What was deployed, what the gate said, and what changed with it.",
          .variables = {service_variable(true), region_variable()},
          .panels = {{.kind = PanelKind::table,
                      .title = "Deployed now",
                      .description = "As the targets' own answers tell (`version` of a check).",
                      .queries = {{fmt::format("count by (service, version) ({})", versions()), ""}},
                      .columns = {"checks that see it"}},
                     {.kind = PanelKind::table,
                      .title = "Deployments",
                      .description = "Marked by the gate, or by a version that changed.",
                      .queries = {{"max by (service, version) (nines_deployment_info{service=~\"$service\"})", ""}},
                      .columns = {"marked"}},
                     {.kind = PanelKind::table,
                      .title = "Verdicts of the gate",
                      .width = 24,
                      .height = 6,
                      .scale = Scale::verdicts,
                      .queries = {{"max by (deployment, verdict) (nines_gate_verdict) == 1", ""}},
                      .columns = {"is so"}},
                     {.kind = PanelKind::lines,
                      .title = "p95 before and after",
                      .description = "Of successful runs, a line for each version.",
                      .unit = "s",
                      .queries = {{by_version(recorded_or(kCheckP95, kOfService)), "{{check}} {{version}}"}}},
                     {.kind = PanelKind::lines,
                      .title = "Failed runs before and after",
                      .description = "Of all runs in five minutes, a line for each version.",
                      .unit = "percentunit",
                      .queries = {{by_version(recorded_or(kFailureRatio, kOfService)), "{{check}} {{version}}"}}}},
          .annotations = {{"count by (service, version) (nines_target_version_info)\n"
                           "unless count by (service, version) (nines_target_version_info offset 5m)",
                           "{{service}} {{version}}"}}};
}

}  // namespace nines::reports::generate
