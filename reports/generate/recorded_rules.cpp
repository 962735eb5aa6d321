// Recording rules: what dashboards and SLA questions ask for often.

#include <algorithm>

#include <fmt/format.h>

#include "reports/generate/recorded.hpp"
#include "reports/generate/rules.hpp"

namespace nines::reports::generate {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

Rule rule_of(const Recorded& what) {
  return record(what.name, with_matchers(what.expr, {}), what.comment);
}

// What http_requests_total tells when there is no 5xx at all: its rate is then in no series.
constexpr const char* kHttpErrors =
    "(\n"
    "  sum by (service) (rate(http_requests_total{status_code=~\"5..\"}[5m]))\n"
    "  or 0 * sum by (service) (rate(http_requests_total[5m]))\n"
    ")\n"
    "/\n"
    "sum by (service) (rate(http_requests_total[5m]))";

}  // namespace

std::string with_matchers(std::string_view expr, std::string_view matchers) {
  std::string text(expr);
  if (matchers.empty()) {
    replace_all(text, "{$,}", "");
    replace_all(text, "$,", "");
  } else {
    replace_all(text, "{$,}", fmt::format("{{{}}}", matchers));
    replace_all(text, "{$,", fmt::format("{{{},", matchers));
  }
  return text;
}

std::string recorded_or(const Recorded& what, std::string_view matchers) {
  const std::string selector = matchers.empty() ? std::string() : fmt::format("{{{}}}", matchers);
  return fmt::format("{}{}\nor\n{}", what.name, selector, with_matchers(what.expr, matchers));
}

const std::vector<Recorded>& recorded() {
  static const std::vector<Recorded> kAll{
      kRunRate, kFailureRatio, kServiceFailureRatio, kCheckP50, kCheckP95, kServiceP95, kStepP95, kLateness};
  return kAll;
}

RuleGroup dashboard_records(const config::Config& config) {
  RuleGroup group{.name = "nines-dashboards",
                  .interval = {},
                  .comment = "What the dashboards of `nines generate grafana` show. Ratios are of sums.",
                  .rules = {}};
  for (const Recorded& what : recorded()) {
    const bool of_journeys = std::string_view(what.name) == kStepP95.name;
    if (!of_journeys || !config.journeys.empty()) group.rules.push_back(rule_of(what));
  }
  return group;
}

RuleGroup sla_records(const config::Config& config) {
  RuleGroup group{
      .name = "nines-sla",
      .interval = "5m",
      .comment =
          "The questions of a service level agreement, as Prometheus can answer them. What a report says is\n"
          "exact and decides; these are for dashboards.",
      .rules = {rule_of(kServiceUptime),
                record("nines:uptime:ratio_30d",
                       "1 - sum(increase(service_downtime_seconds_total[30d]))\n"
                       "/\n"
                       "sum(increase(nines_service_known_seconds_total[30d]))",
                       "The same of all services. 1 - avg(rate(service_downtime_seconds_total[30d])) is near it, but "
                       "counts unknown time as up.")}};
  if (config.application_names) {
    group.rules.push_back(record("nines:http_requests_5xx:ratio_rate5m", kHttpErrors,
                                 "Answers of 500 and more of all requests of each service."));
    group.rules.push_back(
        record("nines:http_request_duration_seconds:p95_5m",
               "histogram_quantile(0.95, sum by (service, le) (rate(http_request_duration_seconds_bucket[5m])))",
               "95 % of each service's answers are faster."));
  }
  std::vector<std::string> metrics;
  for (const config::Journey& journey : config.journeys) {
    if (journey.metric.empty() || std::ranges::find(metrics, journey.metric) != metrics.end()) continue;
    metrics.push_back(journey.metric);
    group.rules.push_back(
        record(fmt::format("nines:{}:p95_5m", journey.metric),
               fmt::format("histogram_quantile(0.95, sum by (service, le) (rate({}_bucket[5m])))", journey.metric),
               "95 % of the measured times of successful journeys are shorter."));
  }
  return group;
}

}  // namespace nines::reports::generate
