#pragma once

// What a gate asks of and tells to the neighbours that a configuration names: Prometheus, Alertmanagers, Grafana. All
// of it blocks: any thread but a loop's.

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "sla/gate/trial.hpp"

namespace nines::agent {

// Of an instant query: the largest of its series. An Error when there is none.
Expected<double> ask_prometheus(const config::Remote& prometheus, const std::string& query,
                                const std::stop_token& stop = {});

// CPU, memory, and the critical alerts of the services that started after `since`, silenced or not.
sla::gate::Surroundings look_around(const config::Config& config, std::span<const std::string> services, Time since,
                                    const std::stop_token& stop = {});

// One sentence for each alert of the services that is active now, whatever its severity.
Expected<std::vector<std::string>> active_alerts(const config::Config& config, std::span<const std::string> services,
                                                 const std::stop_token& stop = {});

// A mark from `period.from` to `period.to` with these tags.
Expected<void> annotate(const config::Remote& grafana, const Period& period, std::span<const std::string> tags,
                        const std::string& text);

}  // namespace nines::agent
