#pragma once

// Configuration for the programs beside an agent, from its own: `nines generate` (docs/generate.md). Pure: the same
// configuration gives the same files. Secrets are never written, only the paths of the files that hold them.

#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "config/deployable.hpp"

namespace nines::reports::generate {

struct File {
  std::string name;  // no folder in it
  std::string text;
};
using Files = std::vector<File>;

// Alerts and recording rules, baselines by hour of the week, and `promtool test rules` tests of both. The first file is
// the one with the alerts.
Expected<Files> prometheus_rules(const config::Config& config);

// Routes by priority and severity to PagerDuty, Slack, e-mail and a webhook for tickets, grouping and inhibition. With
// `webhook`, an http:// or https:// URL, every receiver posts there instead.
Expected<Files> alertmanager(const config::Config& config, const std::string& webhook = {});

// Dashboards (executive, operations, service, user experience, deployments) and the file that provisions them.
Expected<Files> grafana(const config::Config& config);

// An agent for each region, reports once a month, the gate. `deployable` is the same configuration. A fault: it holds a
// secret itself, or is too long for a ConfigMap.
Expected<Files> kubernetes(const config::Config& config, const config::Deployable& deployable);
Expected<Files> compose(const config::Config& config, const config::Deployable& deployable);

// The agent as a service, hardened, and a report once a month by a timer.
Expected<Files> systemd(const config::Config& config);

}  // namespace nines::reports::generate
