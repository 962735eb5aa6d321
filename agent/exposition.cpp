#include "agent/exposition.hpp"

#include <cmath>
#include <iterator>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace nines::agent {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Out = fmt::memory_buffer;

void put(Out& out, std::string_view text) {
  out.append(text);
}

void put_number(Out& out, double value) {
  if (std::isnan(value)) return put(out, "NaN");
  if (std::isinf(value)) return put(out, value > 0 ? "+Inf" : "-Inf");
  fmt::format_to(std::back_inserter(out), "{}", value);
}

void put_escaped(Out& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        put(out, "\\\\");
        break;
      case '\n':
        put(out, "\\n");
        break;
      case '"':
        put(out, quotes ? "\\\"" : "\"");
        break;
      default:
        out.push_back(c);
    }
  }
}

// The labels of a metric are written once, and again with `le` behind them for each bucket.
class Writer {
 public:
  explicit Writer(ExpositionFormat format) : openmetrics_(format == ExpositionFormat::openmetrics) {}

  void family(const MetricFamily& family) {
    if (family.metric.empty()) return;
    std::string_view name = family.name;
    if (openmetrics_ && family.type == MetricType::Counter && name.ends_with("_total")) {
      name.remove_suffix(std::string_view("_total").size());
    }
    header(name, family);
    for (const ClientMetric& metric : family.metric) {
      labels_.clear();
      for (const auto& label : metric.label) {
        if (labels_.size() != 0) labels_.push_back(',');
        put(labels_, label.name);
        put(labels_, "=\"");
        put_escaped(labels_, label.value, true);
        labels_.push_back('"');
      }
      values(family, metric);
    }
  }

  std::string finish() {
    if (openmetrics_) put(out_, "# EOF\n");
    return fmt::to_string(out_);
  }

 private:
  void header(std::string_view name, const MetricFamily& family) {
    put(out_, "# HELP ");
    put(out_, name);
    out_.push_back(' ');
    put_escaped(out_, family.help, openmetrics_);
    put(out_, "\n# TYPE ");
    put(out_, name);
    switch (family.type) {
      case MetricType::Counter:
        put(out_, " counter\n");
        break;
      case MetricType::Gauge:
        put(out_, " gauge\n");
        break;
      case MetricType::Histogram:
        put(out_, " histogram\n");
        break;
      default:
        put(out_, openmetrics_ ? " unknown\n" : " untyped\n");
    }
  }

  void values(const MetricFamily& family, const ClientMetric& metric) {
    switch (family.type) {
      case MetricType::Counter:
        sample(family.name, "", {}, metric.counter.value);
        break;
      case MetricType::Gauge:
        sample(family.name, "", {}, metric.gauge.value);
        break;
      case MetricType::Histogram:
        histogram(family.name, metric.histogram);
        break;
      default:
        sample(family.name, "", {}, metric.untyped.value);
    }
  }

  void histogram(std::string_view name, const ClientMetric::Histogram& histogram) {
    bool has_infinity = false;
    for (const auto& bucket : histogram.bucket) {
      has_infinity = has_infinity || std::isinf(bucket.upper_bound);
      sample(name, "_bucket", bucket.upper_bound, static_cast<double>(bucket.cumulative_count));
    }
    if (!has_infinity) {
      sample(name, "_bucket", std::numeric_limits<double>::infinity(), static_cast<double>(histogram.sample_count));
    }
    sample(name, "_sum", {}, histogram.sample_sum);
    sample(name, "_count", {}, static_cast<double>(histogram.sample_count));
  }

  void sample(std::string_view name, std::string_view suffix, std::optional<double> le, double value) {
    put(out_, name);
    put(out_, suffix);
    if (labels_.size() != 0 || le) {
      out_.push_back('{');
      out_.append(labels_);
      if (le) {
        put(out_, labels_.size() != 0 ? ",le=\"" : "le=\"");
        bound(*le);
        out_.push_back('"');
      }
      out_.push_back('}');
    }
    out_.push_back(' ');
    put_number(out_, value);
    out_.push_back('\n');
  }

  // OpenMetrics wants 1.0, the text format has always had 1.
  void bound(double le) {
    put_number(out_, le);
    if (openmetrics_ && le == std::floor(le) && !std::isinf(le)) put(out_, ".0");
  }

  bool openmetrics_;
  Out out_;
  Out labels_;
};

}  // namespace

ExpositionFormat negotiate(std::string_view accept) {
  return accept.contains("application/openmetrics-text") ? ExpositionFormat::openmetrics
                                                         : ExpositionFormat::prometheus_text;
}

std::string_view content_type(ExpositionFormat format) {
  return format == ExpositionFormat::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                                 : "text/plain; version=0.0.4; charset=utf-8";
}

std::string write_metrics(std::span<const MetricFamily> families, ExpositionFormat format) {
  Writer writer(format);
  for (const MetricFamily& family : families) writer.family(family);
  return writer.finish();
}

}  // namespace nines::agent
