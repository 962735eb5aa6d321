#include "reports/generate/unit_test.hpp"

#include <fmt/format.h>

#include "reports/generate/text.hpp"

namespace nines::reports::generate {
namespace {

void append_pairs(std::string& out, std::string_view before, std::string_view key, const Pairs& pairs) {
  out += fmt::format("{}{}:\n", before, key);
  for (const auto& [name, value] : pairs) out += fmt::format("              {}: {}\n", name, yaml_string(value));
}

void append(std::string& out, const ExpectedAlerts& expected) {
  out += fmt::format("      - eval_time: {}\n        alertname: {}\n        exp_alerts:", expected.eval_time,
                     expected.alert);
  out += expected.alerts.empty() ? " []\n" : "\n";
  for (const auto& alert : expected.alerts) {
    append_pairs(out, "          - ", "exp_labels", alert.labels);
    append_pairs(out, "            ", "exp_annotations", alert.annotations);
  }
}

void append(std::string& out, const ExpectedSamples& expected) {
  out += fmt::format("      - eval_time: {}\n        expr: {}\n        exp_samples:", expected.eval_time,
                     yaml_string(expected.expr));
  out += expected.samples.empty() ? " []\n" : "\n";
  for (const auto& sample : expected.samples) {
    out += fmt::format("          - labels: {}\n            value: {}\n", yaml_string(sample.labels), sample.value);
  }
}

void append(std::string& out, const UnitTest& test) {
  out += fmt::format("\n  - name: {}\n    interval: {}\n    input_series:\n", yaml_string(test.name), test.interval);
  for (const InputSeries& input : test.series) {
    out +=
        fmt::format("      - series: {}\n        values: {}\n", yaml_string(input.series), yaml_string(input.values));
  }
  if (!test.alerts.empty()) out += "    alert_rule_test:\n";
  for (const ExpectedAlerts& expected : test.alerts) append(out, expected);
  if (!test.samples.empty()) out += "    promql_expr_test:\n";
  for (const ExpectedSamples& expected : test.samples) append(out, expected);
}

}  // namespace

std::string tests_text(const std::vector<UnitTest>& tests, const std::string& rules, const std::string& interval) {
  std::string out = yaml_comment(
      fmt::format("What {} does, for `promtool test rules`. By `nines generate prometheus-rules`.", rules));
  out += fmt::format("rule_files: [{}]\nevaluation_interval: {}\n\ntests:\n", rules, interval);
  for (const UnitTest& test : tests) append(out, test);
  return out;
}

std::string series_text(const std::string& name, const Pairs& labels) {
  std::string out = name + "{";
  for (const auto& [label, value] : labels) {
    if (!out.ends_with('{')) out += ',';
    out += matcher(label, value);
  }
  return out + "}";
}

}  // namespace nines::reports::generate
