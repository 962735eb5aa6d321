#pragma once

// Builds prometheus-cpp's metric families from states, a line per sample.

#include <string>
#include <utility>
#include <vector>

#include <prometheus/labels.h>
#include <prometheus/metric_family.h>

namespace nines::agent {

class FamilyBuilder {
 public:
  FamilyBuilder(std::string name, std::string help, prometheus::MetricType type = prometheus::MetricType::Gauge) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = type;
  }

  void add(const prometheus::Labels& labels, double value) {
    prometheus::ClientMetric metric;
    metric.label.reserve(labels.size() + 1);
    for (const auto& [label, text] : labels) metric.label.push_back({label, text});
    set(metric, value);
    family_.metric.push_back(std::move(metric));
  }
  // With one label more.
  void add(const prometheus::Labels& labels, const char* name, std::string text, double value) {
    add(labels, value);
    family_.metric.back().label.push_back({name, std::move(text)});
  }

  // With more labels.
  void add(const prometheus::Labels& labels, std::vector<std::pair<std::string, std::string>> more, double value) {
    add(labels, value);
    for (auto& [name, text] : more) family_.metric.back().label.push_back({std::move(name), std::move(text)});
  }

  prometheus::MetricFamily take() && { return std::move(family_); }

 private:
  void set(prometheus::ClientMetric& metric, double value) const {
    if (family_.type == prometheus::MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
  }

  prometheus::MetricFamily family_;
};

}  // namespace nines::agent
