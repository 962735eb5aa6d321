#pragma once

// Prometheus's rules as data, and as the text of a rule file. Internal to reports/generate/.

#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"

namespace nines::reports::generate {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Rule {
  std::string record;   // the recorded name; empty: an alert
  std::string alert;    // its name
  std::string expr;     // PromQL, perhaps of several lines
  std::string hold;     // `for`; empty: at once
  Pairs labels;         // values are templates
  Pairs annotations;    // likewise
  std::string comment;  // above it; may be empty
};

struct RuleGroup {
  std::string name;
  std::string interval;  // empty: Prometheus's own
  std::string comment;
  std::vector<Rule> rules;
};

// `head` is a comment at the top. Groups without rules are left out.
std::string rules_text(const std::vector<RuleGroup>& groups, const std::string& head);

Rule record(std::string name, std::string expr, std::string comment = {});

// Of what a service is told to be in alerts: its priority and its own labels.
const config::Service& service_of(const config::Config& config, const std::string& name);
// The most urgent priority of some services' checks; of all of them when `names` is empty.
std::string most_urgent(const config::Config& config, const std::vector<std::string>& checks);

// The parts of the files.
RuleGroup check_rules(const config::Config& config);
RuleGroup objective_alerts(const config::Config& config);
RuleGroup agent_alerts(const config::Config& config);
RuleGroup dashboard_records(const config::Config& config);
RuleGroup sla_records(const config::Config& config);
RuleGroup baseline_records();

// Of `nines_check_down`: how many regions must be known, as `min_regions` of an objective defaults to.
int regions_needed(const config::Config& config);
// Those that should report; this agent's own where the configuration lists none.
std::vector<std::string> reporting_regions(const config::Config& config);

}  // namespace nines::reports::generate
