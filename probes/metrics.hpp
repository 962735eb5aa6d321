#pragma once

// blackbox_exporter's probe_* metrics of one probe, with its names, labels and meaning, for /probe and, beside a
// check's labels, for /metrics. Pure. https://github.com/prometheus/blackbox_exporter (prober/*.go), 0.28.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/modules.hpp"
#include "probes/probe.hpp"

namespace nines::probes {

struct Sample {
  std::string_view name;  // lives for ever
  std::string_view help;  // the same
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

// All gauges, but for probe_success and probe_duration_seconds, which every run has; samples of one name stand
// together. Of ours, beside the exporter's: probe_failure_info{reason} of a
// failed probe, and certificate facts also when the certificate was refused.
std::vector<Sample> probe_samples(const ProbeResult& result, const config::Module& module);

}  // namespace nines::probes
