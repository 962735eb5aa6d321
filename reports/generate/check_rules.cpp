// Alerts on the state of checks and journeys, of each region and of the quorum over regions.

#include <algorithm>

#include <fmt/format.h>

#include "reports/generate/alerts.hpp"
#include "reports/generate/text.hpp"

namespace nines::reports::generate {
namespace {

// %q quotes as PromQL reads it.
std::string query_of(std::string_view selector, std::string_view labels) {
  return fmt::format("{{{{ with printf `{}` {} | query }}}}{{{{ . | first | value }}}}{{{{ end }}}}", selector, labels);
}

const std::string kFailures = query_of("max(nines_check_consecutive_failures{check=%q,service=%q,region=%q})",
                                       "$labels.check $labels.service $labels.region");
const std::string kReason =
    "{{ with printf `probe_failure_info{check=%q,service=%q,region=%q}` $labels.check $labels.service $labels.region"
    " | query }} ({{ . | first | label \"reason\" }}){{ end }}";

std::string seen_template(const config::Config& config) {
  if (config.regions.size() < 2) return {};
  return "{{ with printf `nines:check_regions_down:sum{check=%q,service=%q}` $labels.check $labels.service | query }}" +
         seen_by("{{ . | first | value }}", config.regions.size()) + "{{ end }}";
}

// Values of labels and annotations are templates, and these are texts.
Pairs as_templates(Pairs pairs) {
  for (auto& [name, value] : pairs) value = template_text(value);
  return pairs;
}

std::string failing_expr(const std::string& service, std::string_view severity) {
  const std::string of = matcher("service", service);
  return fmt::format(
      "max by (check, service, region) (nines_check_state{{{0},{1}}}) == 1\n"
      "or\n"
      "max by (check, service, region) (\n"
      "  ALERTS{{alertname=\"{2}\",alertstate=\"firing\",severity=\"{3}\",{0}}}\n"
      ")\n"
      "and on (check, service, region) nines:check_blind:max",
      of, severity == "critical" ? "state=\"critical\"" : "state=~\"warning|critical\"", kCheckFailing, severity);
}

Rule failing_rule(const config::Config& config, const config::Service& service, const std::string& severity) {
  Rule rule;
  rule.alert = kCheckFailing;
  rule.expr = failing_expr(service.name, severity);
  rule.labels = as_templates(alert_labels(severity, service.priority, service));
  rule.annotations = with_runbook(failing_annotations(kReferences, severity, kFailures, kReason, seen_template(config)),
                                  template_text(service.runbook_url));
  return rule;
}

std::vector<const config::Service*> services_with_checks(const config::Config& config) {
  std::vector<const config::Service*> services;
  for (const config::Service& service : config.services) {
    const auto schedules = config.schedules();
    const bool any = std::ranges::any_of(schedules, [&](const auto* one) { return one->service == service.name; });
    if (any) services.push_back(&service);
  }
  return services;
}

std::vector<Rule> state_records() {
  return {
      record("nines:check_state:max", "max by (check, service, region, state) (nines_check_state)",
             "What the alerts below are made of. Once, however many scrape the same agent."),
      record("nines:check_blind:max",
             "max by (check, service, region) (nines:check_state:max{state=\"unknown\"} == 1)\n"
             "or\n"
             "max by (check, service, region) (last_over_time(nines:check_state:max[6h]))\n"
             "  unless on (region) nines_build_info",
             "Checks of which nothing is known now: the agent says so, or is gone, for six hours at most."),
      record("nines:check_down:max",
             "max by (check, service, region) (nines_check_down)\n"
             "and on (check, service, region)\n"
             "  nines:check_state:max{state=~\"up|warning|critical|suppressed\"} == 1",
             "1 in a region that sees it down, 0 in one that sees it up, none where that is not known."),
      record("nines:check_regions_known:count", "count by (check, service) (nines:check_down:max)"),
      record("nines:check_regions_down:sum", "sum by (check, service) (nines:check_down:max)"),
  };
}

Rule quorum_record(const config::Config& config) {
  const int needed = regions_needed(config);
  return record(
      "nines:check_down:quorum",
      fmt::format("(2 * nines:check_regions_down:sum > bool nines:check_regions_known:count)\n"
                  "and nines:check_regions_known:count >= {}",
                  needed),
      fmt::format("1 when down in more than half of the regions that know, 0 when not; none when fewer than {} know.",
                  needed));
}

Rule quorum_rule(const config::Service& service) {
  const std::string of = matcher("service", service.name);
  Rule rule;
  rule.alert = kCheckDownInQuorum;
  rule.expr = fmt::format(
      "nines:check_down:quorum{{{0}}} == 1\n"
      "or\n"
      "max by (check, service) (ALERTS{{alertname=\"{1}\",alertstate=\"firing\",{0}}})\n"
      "  and on (check, service) last_over_time(nines:check_regions_known:count{{{0}}}[6h])\n"
      "  unless on (check, service) nines:check_down:quorum",
      of, kCheckDownInQuorum);
  rule.labels = as_templates(alert_labels("critical", service.priority, service));
  const std::string labels = "$labels.check $labels.service";
  Named named = kReferences;
  named.region.clear();
  rule.annotations =
      with_runbook(quorum_annotations(named, query_of("nines:check_regions_down:sum{check=%q,service=%q}", labels),
                                      query_of("nines:check_regions_known:count{check=%q,service=%q}", labels)),
                   template_text(service.runbook_url));
  return rule;
}

}  // namespace

// One group, whose rules are evaluated in order: alerts look at what was recorded a moment before, and at themselves.
RuleGroup check_rules(const config::Config& config) {
  RuleGroup group{.name = "nines-checks",
                  .interval = {},
                  .comment =
                      "A check or journey that fails: warning and critical are the states that its thresholds "
                      "make (3 and 5\nfailures in a row unless nines.yml says otherwise). What becomes unknown "
                      "while an alert fires\nresolves nothing. Maintenance, and a critical check that it "
                      "depends on, silence it: the state says so.",
                  .rules = state_records()};
  group.rules.push_back(quorum_record(config));
  for (const config::Service* service : services_with_checks(config)) {
    for (const char* severity : {"warning", "critical"}) {
      group.rules.push_back(failing_rule(config, *service, severity));
    }
    if (config.regions.size() > 1) group.rules.push_back(quorum_rule(*service));
  }
  return group;
}

}  // namespace nines::reports::generate
