#pragma once

// blackbox_exporter's probe_* metrics of every check's last run, with its names, labels and meaning, beside the labels
// of the check. https://github.com/prometheus/blackbox_exporter (prober/http.go, prober/tls.go).

#include <span>
#include <vector>

#include <prometheus/metric_family.h>

#include "agent/monitor.hpp"
#include "config/config.hpp"

namespace nines::agent {

std::vector<prometheus::MetricFamily> probe_metrics(const config::Config& config, std::span<const CheckView> views);

}  // namespace nines::agent
