#pragma once

// What frozen months say of the periods before a report's own: so that a trend need not read a year of results again.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/report_builder.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "reports/detail.hpp"

namespace nines::agent {

// Frozen reports of the same arithmetic, over the regions that the sources hold, written by the plan's as_of.
class FrozenTrend {
 public:
  static Expected<FrozenTrend> of(const ReportPlan& plan, Sources sources);

  // The point that the last revision gives, without its label. None: the objective was not frozen with this period, or
  // not as it is configured now as far as the frozen report tells (indicator, target, percentile, what is counted).
  std::optional<reports::TrendPoint> find(const config::Objective& objective, const sla::ReportPeriod& period) const;

 private:
  struct Frozen {
    std::string region;  // as it alone saw it; empty: the combination of regions
    std::shared_ptr<const Json> report;
  };
  std::vector<Frozen> frozen_;        // the last written first
  std::vector<std::string> regions_;  // that should report
};

}  // namespace nines::agent
