#pragma once

// A frozen report as a point of a later trend.

#include <optional>

#include "base/json.hpp"
#include "config/objectives.hpp"
#include "reports/detail.hpp"
#include "sla/model.hpp"

namespace nines::reports {

// What to_json() wrote of the objective over this very period, to the microsecond, without its label. None: the report
// has no such objective, has it over another period or while it ran, or what it tells of the objective (indicator,
// target, percentile, what is counted) is not what is configured now. Pure; `report` may be any JSON.
std::optional<TrendPoint> trend_point_in(const Json& report, const config::Objective& objective,
                                         const sla::ReportPeriod& period);

}  // namespace nines::reports
