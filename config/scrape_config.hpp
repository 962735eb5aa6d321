#pragma once

// Prometheus's scrape configuration, as far as it points at blackbox_exporter's /probe.
// https://prometheus.io/docs/prometheus/latest/configuration/configuration/

#include <map>
#include <string>
#include <vector>

#include "config/reader.hpp"

namespace nines::config {

// One target of one job, after the job's relabelling.
struct ScrapedTarget {
  std::string job;
  std::map<std::string, std::string> labels;  // __param_target, __param_module, instance, …
  Micros interval{0};
  Micros timeout{0};
  Position at;
};

struct ScrapeConfig {
  Micros interval{std::chrono::minutes(1)};  // global's, or Prometheus's own
  Micros timeout{std::chrono::seconds(10)};
  std::vector<ScrapedTarget> targets;  // in file order
  Faults left;                         // what is not carried over, with its place
};

ScrapeConfig read_scrape_config(Context& context, const Node& root);

}  // namespace nines::config
