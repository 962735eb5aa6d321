#pragma once

// Writes metric families as a page. prometheus-cpp is the data model; its own serializer is slow at 1,000 checks and
// knows no OpenMetrics. Pure; any thread.
// Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ (0.0.4) and OpenMetrics 1.0.0.

#include <span>
#include <string>
#include <string_view>

#include <prometheus/metric_family.h>

namespace nines::agent {

enum class ExpositionFormat { prometheus_text, openmetrics };

// OpenMetrics when the Accept header names application/openmetrics-text, else the text format.
ExpositionFormat negotiate(std::string_view accept);
std::string_view content_type(ExpositionFormat format);

// Families in the order given; one without metrics is left out.
std::string write_metrics(std::span<const prometheus::MetricFamily> families, ExpositionFormat format);

}  // namespace nines::agent
