#pragma once

// Runs as spans, in the JSON of OTLP over HTTP (opentelemetry-proto's ExportTraceServiceRequest in protobuf's JSON
// mapping: ids in hexadecimal, times as texts of nanoseconds).

#include <span>
#include <string>

#include "agent/runner.hpp"
#include "config/config.hpp"

namespace nines::agent {

// One trace for each run. Its root is the run; under it are the attempts of a check that took several, or a journey's
// steps; under these the HTTP requests, as client spans with the attributes of OpenTelemetry's semantic conventions and
// the span ids that were sent in `traceparent`. What is shown of URLs and messages was masked before.
std::string otlp_json(const config::Config& config, std::span<const RunReport> runs);

// How many spans a run has, roughly.
std::size_t span_count(const RunReport& run);

}  // namespace nines::agent
