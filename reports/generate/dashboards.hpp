#pragma once

// The dashboards of `nines generate grafana`. Internal to reports/generate/.

#include "config/config.hpp"
#include "reports/generate/dashboard.hpp"

namespace nines::reports::generate {

Dashboard executive_dashboard(const config::Config& config);
Dashboard operations_dashboard(const config::Config& config);
Dashboard service_dashboard(const config::Config& config);
Dashboard experience_dashboard(const config::Config& config);
Dashboard deployments_dashboard();

// Whether an objective of the configuration has an indicator: the others have no such series.
bool has_ratio(const config::Config& config);
bool has_latency(const config::Config& config);

}  // namespace nines::reports::generate
