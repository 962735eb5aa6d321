#include "agent/frozen_trend.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "agent/fingerprint.hpp"
#include "reports/json_trend.hpp"

namespace nines::agent {
namespace {

using Regions = std::set<std::string>;

Expected<Regions> regions_of(const ReportPlan& plan, Sources sources) {
  Regions regions{plan.config->region};
  for (HistorySource* source : sources) {
    const auto keys = source->series();
    if (!keys) return std::unexpected(keys.error());
    for (const SeriesKey& key : *keys) regions.insert(key.region);
  }
  return regions;
}

bool is_over(const Json& report, const Regions& regions, const std::string& own) {
  if (!report.is_object() || report.contains("unreachable")) return false;
  if (!report.contains("regions") || !report["regions"].is_array()) return false;
  Regions named{own};
  for (const Json& region : report["regions"]) {
    if (region.is_string()) named.insert(region.get<std::string>());
  }
  return named == regions;
}

// Whether the objective is judged by this region alone, as it was when the region froze its own view.
bool is_all_of(const std::string& region, const std::vector<std::string>& regions, const config::Objective& objective) {
  const auto other = [&](const std::string& name) { return name != region; };
  return std::ranges::none_of(regions, other) && std::ranges::none_of(objective.regions, other) &&
         objective.min_regions.value_or(1) <= 1;
}

}  // namespace

Expected<FrozenTrend> FrozenTrend::of(const ReportPlan& plan, Sources sources) {
  FrozenTrend trend;
  trend.regions_ = plan.config->regions;
  const auto regions = regions_of(plan, sources);
  if (!regions) return std::unexpected(regions.error());
  std::vector<store::FrozenMonth> months;
  for (HistorySource* source : sources) {
    auto frozen = source->frozen();
    if (!frozen) return std::unexpected(frozen.error());
    months.insert(months.end(), frozen->begin(), frozen->end());
  }
  std::erase_if(months, [&](const store::FrozenMonth& month) {
    return month.method != kMethod || month.made > plan.as_of || month.as_of > plan.as_of;
  });
  std::ranges::stable_sort(months, std::greater<>(), &store::FrozenMonth::made);
  for (const store::FrozenMonth& month : months) {
    auto report = parse_json(month.report);
    if (report && is_over(*report, *regions, plan.config->region)) {
      trend.frozen_.push_back({month.region, std::make_shared<const Json>(std::move(*report))});
    }
  }
  return trend;
}

std::optional<reports::TrendPoint> FrozenTrend::find(const config::Objective& objective,
                                                     const sla::ReportPeriod& period) const {
  for (const auto& [region, report] : frozen_) {
    if (!region.empty() && !is_all_of(region, regions_, objective)) continue;
    if (auto point = reports::trend_point_in(*report, objective, period)) return point;
  }
  return std::nullopt;
}

}  // namespace nines::agent
