// Baselines: what is usual at this hour of the week.

#include <array>

#include <fmt/format.h>

#include "reports/generate/rules.hpp"

namespace nines::reports::generate {
namespace {

// 0 is Sunday 00:00 to 01:00 UTC.
constexpr const char* kHour = "* on () group_left (hour_of_week) nines:hour_of_week:info";

// The rate of a counter in the hours that ended one, two, three and four weeks ago, added up over those there are.
std::string of_four_weeks(std::string_view labels, std::string_view selector) {
  std::string weeks;
  for (int week = 1; week <= 4; ++week) {
    weeks += fmt::format("{}  label_replace(rate({}[1h] offset {}w), \"week\", \"{}\", \"\", \"\")\n",
                         week == 1 ? "" : "  or\n", selector, week, week);
  }
  return fmt::format("sum by ({}) (\n{})", labels, weeks);
}

std::string percentile(const char* rank) {
  return fmt::format("histogram_quantile({}, {})\n{}", rank,
                     of_four_weeks("check, service, region, le", "nines_check_duration_seconds_bucket"), kHour);
}

}  // namespace

RuleGroup baseline_records() {
  RuleGroup group{
      .name = "nines-baselines",
      .interval = "5m",
      .comment =
          "Of each check and journey in each region: the hour that ended now, in the four weeks before. All runs\n"
          "of those hours are put together: a week with few runs weighs little. There is none in the first week.",
      .rules = {}};
  group.rules.push_back(record("nines:hour_of_week:info", "count_values(\"hour_of_week\", 24 * day_of_week() + hour())",
                               "1 for the hour of the week that it is, in UTC: 0 begins on Sunday at 00:00."));
  group.rules.push_back(record("nines:check_duration_seconds:p50_baseline", percentile("0.5"),
                               "Half of the successful runs are faster."));
  group.rules.push_back(record("nines:check_duration_seconds:p95_baseline", percentile("0.95"),
                               "95 % of the successful runs are faster."));
  group.rules.push_back(
      record("nines:check_failures:ratio_baseline",
             fmt::format("{}\n/\n{}\n{}",
                         of_four_weeks("check, service, region", "nines_check_results_total{result=\"failure\"}"),
                         of_four_weeks("check, service, region", "nines_check_results_total"), kHour),
             "Failed runs of all runs."));
  return group;
}

}  // namespace nines::reports::generate
