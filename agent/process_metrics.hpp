#pragma once

// process_* as Prometheus' client libraries define them, from /proc/self.

#include <cstdint>
#include <string>
#include <vector>

#include <prometheus/metric_family.h>

namespace nines::agent {

std::vector<prometheus::MetricFamily> process_metrics();

// The store's file with its write-ahead log, in bytes; 0 when it cannot be seen.
std::uint64_t store_size(const std::string& data_dir);

}  // namespace nines::agent
