#include "agent/exposition.hpp"

#include <limits>

#include <catch2/catch.hpp>

#include "agent/family.hpp"

namespace nines::agent {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

MetricFamily counters() {
  FamilyBuilder builder("requests_total", "Requests.", MetricType::Counter);
  builder.add({{"code", "200"}}, 3);
  builder.add({{"code", "500"}, {"method", "GET"}}, 0.5);
  return std::move(builder).take();
}

MetricFamily histogram(bool with_infinity) {
  MetricFamily family{"wait_seconds", "Time waited.", MetricType::Histogram, {}};
  ClientMetric metric;
  metric.label.push_back({"service", "api"});
  metric.histogram.sample_count = 4;
  metric.histogram.sample_sum = 12.5;
  metric.histogram.bucket = {{1, 0.5}, {2, 1}, {3, 30}};
  if (with_infinity) metric.histogram.bucket.push_back({4, kInfinity});
  family.metric.push_back(metric);
  return family;
}

std::string page(const MetricFamily& family, ExpositionFormat format) {
  return write_metrics({&family, 1}, format);
}

}  // namespace

TEST_CASE("a counter's family keeps _total in the text format and loses it in OpenMetrics, its samples keep it") {
  CHECK(page(counters(), ExpositionFormat::prometheus_text) ==
        "# HELP requests_total Requests.\n"
        "# TYPE requests_total counter\n"
        "requests_total{code=\"200\"} 3\n"
        "requests_total{code=\"500\",method=\"GET\"} 0.5\n");
  CHECK(page(counters(), ExpositionFormat::openmetrics) ==
        "# HELP requests Requests.\n"
        "# TYPE requests counter\n"
        "requests_total{code=\"200\"} 3\n"
        "requests_total{code=\"500\",method=\"GET\"} 0.5\n"
        "# EOF\n");
}

TEST_CASE("a histogram ends with the bucket +Inf, once, whether it came with it or not") {
  for (const bool with_infinity : {false, true}) {
    CAPTURE(with_infinity);
    CHECK(page(histogram(with_infinity), ExpositionFormat::prometheus_text) ==
          "# HELP wait_seconds Time waited.\n"
          "# TYPE wait_seconds histogram\n"
          "wait_seconds_bucket{service=\"api\",le=\"0.5\"} 1\n"
          "wait_seconds_bucket{service=\"api\",le=\"1\"} 2\n"
          "wait_seconds_bucket{service=\"api\",le=\"30\"} 3\n"
          "wait_seconds_bucket{service=\"api\",le=\"+Inf\"} 4\n"
          "wait_seconds_sum{service=\"api\"} 12.5\n"
          "wait_seconds_count{service=\"api\"} 4\n");
  }
}

TEST_CASE("a whole bucket bound is 1 in the text format and 1.0 in OpenMetrics") {
  CHECK(page(histogram(false), ExpositionFormat::openmetrics) ==
        "# HELP wait_seconds Time waited.\n"
        "# TYPE wait_seconds histogram\n"
        "wait_seconds_bucket{service=\"api\",le=\"0.5\"} 1\n"
        "wait_seconds_bucket{service=\"api\",le=\"1.0\"} 2\n"
        "wait_seconds_bucket{service=\"api\",le=\"30.0\"} 3\n"
        "wait_seconds_bucket{service=\"api\",le=\"+Inf\"} 4\n"
        "wait_seconds_sum{service=\"api\"} 12.5\n"
        "wait_seconds_count{service=\"api\"} 4\n"
        "# EOF\n");
}

TEST_CASE("backslashes, quotes and newlines are escaped as each format wants them") {
  FamilyBuilder builder("odd", "A \\ and a \" and\na line.");
  builder.add({{"path", "C:\\x\n\"y\" é"}}, 1);
  const MetricFamily family = std::move(builder).take();
  const std::string sample = "odd{path=\"C:\\\\x\\n\\\"y\\\" é\"} 1\n";
  CHECK(page(family, ExpositionFormat::prometheus_text) ==
        "# HELP odd A \\\\ and a \" and\\na line.\n# TYPE odd gauge\n" + sample);
  CHECK(page(family, ExpositionFormat::openmetrics) ==
        "# HELP odd A \\\\ and a \\\" and\\na line.\n# TYPE odd gauge\n" + sample + "# EOF\n");
}

TEST_CASE("numbers are written so that they read back as the same number") {
  struct Case {
    double value;
    const char* text;
  };
  const Case cases[] = {
      {0, "0"},
      {-1, "-1"},
      {0.1, "0.1"},
      {1e-9, "1e-09"},
      {1'790'812'800.123456, "1790812800.123456"},
      {9'007'199'254'740'991, "9007199254740991"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {kInfinity, "+Inf"},
      {-kInfinity, "-Inf"},
  };
  for (const Case& one : cases) {
    FamilyBuilder builder("number", "A number.");
    builder.add({}, one.value);
    CHECK(page(std::move(builder).take(), ExpositionFormat::prometheus_text) ==
          std::string("# HELP number A number.\n# TYPE number gauge\nnumber ") + one.text + "\n");
  }
}

TEST_CASE("a family without samples is left out, and a page of nothing is empty or its end") {
  const MetricFamily empty{"nothing", "None.", MetricType::Gauge, {}};
  CHECK(page(empty, ExpositionFormat::prometheus_text).empty());
  CHECK(page(empty, ExpositionFormat::openmetrics) == "# EOF\n");
}

TEST_CASE("OpenMetrics is written for who accepts it, the text format for all others") {
  struct Case {
    const char* accept;
    ExpositionFormat format;
  };
  const Case cases[] = {
      {"", ExpositionFormat::prometheus_text},
      {"*/*", ExpositionFormat::prometheus_text},
      {"text/plain;version=0.0.4;q=0.5,*/*;q=0.1", ExpositionFormat::prometheus_text},
      {"application/openmetrics-text", ExpositionFormat::openmetrics},
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       ExpositionFormat::openmetrics},
      {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
       "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2",
       ExpositionFormat::openmetrics},
  };
  for (const Case& one : cases) {
    CAPTURE(one.accept);
    CHECK(negotiate(one.accept) == one.format);
  }
  CHECK(content_type(ExpositionFormat::prometheus_text) == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(content_type(ExpositionFormat::openmetrics) == "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

}  // namespace nines::agent
