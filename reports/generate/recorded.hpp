#pragma once

// What dashboards ask for often, with the name under which a rule records it. A dashboard asks for the recorded series
// or, where the rules are not loaded, for what they are made of. Ratios are of sums, never averages of ratios.
// Internal to reports/generate/.

#include <string>
#include <string_view>
#include <vector>

namespace nines::reports::generate {

struct Recorded {
  const char* name;
  const char* comment;
  const char* expr;  // PromQL; "$," in a selector is where the matchers of a dashboard go
};

inline constexpr Recorded kFailureRatio{
    "nines:check_failures:ratio_rate5m", "Failed runs of all runs, of each check and journey in each region.",
    "sum by (check, service, region) (rate(nines_check_results_total{$,result=\"failure\"}[5m]))\n"
    "/\n"
    "sum by (check, service, region) (rate(nines_check_results_total{$,}[5m]))"};
inline constexpr Recorded kServiceFailureRatio{
    "nines:service_failures:ratio_rate5m", "The same of each service, all regions in one.",
    "sum by (service) (rate(nines_check_results_total{$,result=\"failure\"}[5m]))\n"
    "/\n"
    "sum by (service) (rate(nines_check_results_total{$,}[5m]))"};
inline constexpr Recorded kRunRate{"nines:check_results:rate5m", "Runs a second, by result.",
                                   "sum by (check, service, region, result) (rate(nines_check_results_total{$,}[5m]))"};
inline constexpr Recorded kCheckP50{
    "nines:check_duration_seconds:p50_5m", "Half of the successful runs are faster.",
    "histogram_quantile(0.5, sum by (check, service, region, le) (rate(nines_check_duration_seconds_bucket{$,}[5m])))"};
inline constexpr Recorded kCheckP95{"nines:check_duration_seconds:p95_5m", "95 % of the successful runs are faster.",
                                    "histogram_quantile(0.95, sum by (check, service, region, le) "
                                    "(rate(nines_check_duration_seconds_bucket{$,}[5m])))"};
inline constexpr Recorded kServiceP95{
    "nines:service_duration_seconds:p95_5m", "The same of each service: of all its runs, not a mean of percentiles.",
    "histogram_quantile(0.95, sum by (service, le) (rate(nines_check_duration_seconds_bucket{$,}[5m])))"};
inline constexpr Recorded kStepP95{"nines:journey_step_duration_seconds:p95_5m",
                                   "95 % of the successful steps of a journey are faster.",
                                   "histogram_quantile(0.95, sum by (journey, step, service, le) "
                                   "(rate(nines_journey_step_duration_seconds_bucket{$,}[5m])))"};
inline constexpr Recorded kLateness{
    "nines:scheduler_lateness_seconds:p99_5m", "How late one run in a hundred starts, of each agent.",
    "histogram_quantile(0.99, sum by (job, instance, le) (rate(nines_scheduler_lateness_seconds_bucket[5m])))"};
inline constexpr Recorded kServiceUptime{"nines:service_uptime:ratio_30d",
                                         "Confirmed uptime of each service over 30 days, of the time that is known.",
                                         "1 - sum by (service) (increase(service_downtime_seconds_total{$,}[30d]))\n"
                                         "/\n"
                                         "sum by (service) (increase(nines_service_known_seconds_total{$,}[30d]))"};

// Those of the dashboards; kServiceUptime is an SLA query.
const std::vector<Recorded>& recorded();

// PromQL with the matchers at their places; "" where there are none.
std::string with_matchers(std::string_view expr, std::string_view matchers);
// "NAME{matchers}\nor\nEXPR": both give the same series.
std::string recorded_or(const Recorded& what, std::string_view matchers);

}  // namespace nines::reports::generate
